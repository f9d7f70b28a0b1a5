import { type RequestError, createClient } from 'denwa/client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ChatApp } from '../../examples/chat/app.ts'
import type { app as Cursors } from '../../examples/cursors/app.ts'
import type { app as Ticker } from '../../examples/ticker/app.ts'
import { type Launched, launch } from '../../tools/launch.ts'

const timeout = 5_000
const start = (name: string): Promise<Launched> =>
  launch({ runtime: 'node', entry: `${import.meta.dirname}/../../examples/${name}/node.ts` })

/** What becomes of each request: `ok`, or the code of the error. */
const fate = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'ok',
    (error: RequestError) => error.code,
  )

describe('the chat with those who mean no good', () => {
  let server: Launched
  beforeAll(async () => {
    server = await start('chat')
  })
  afterAll(() => server?.close())

  test('lets nobody flood a room, and delivers all that waited for a connection', async () => {
    const socket = createClient<ChatApp>(server.url).chat[':room'].$ws({ param: { room: 'flood' } })
    onTestFinished(() => socket.close())
    const say = (count: number): Promise<string[]> =>
      Promise.all(
        Array.from({ length: count }, (_, n) => fate(socket.request('say', { text: `${n}` }))),
      )
    expect(new Set(await say(128))).toEqual(new Set(['ok']))
    const flood = [...(await say(120)), ...(await say(120))]
    expect(flood).toContain('rate_limited')
  })

  test('reads no more of an announcement than it may be long', async () => {
    const response = await fetch(`${server.url}/chat/lobby/announce`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: 'hi', more: 'x'.repeat(1_000_000) }),
    })
    expect(response.status).toBe(413)
  })
})

describe('cursors with those who mean no good', () => {
  let server: Launched
  beforeAll(async () => {
    server = await start('cursors')
  })
  afterAll(() => server?.close())

  test.each([
    ['\u202Elive\u0007 one', 'live one'],
    ['\u200B\u2060', /^\w+ \w+$/],
    [`${'x'.repeat(23)}\u{1F44B}!`, `${'x'.repeat(23)}\u{1F44B}`],
  ])('%j is called %s, from the start or later', async (asked, called) => {
    const board = `names-${asked.length}`
    const names = (): string[] => channel.presence.list().map(({ name }) => name)
    const { boards } = createClient<typeof Cursors>(server.url)
    const there = boards[':board{[a-z0-9-]{1,32}}']
    const socket = there.$ws({ param: { board }, query: { name: asked } })
    onTestFinished(() => socket.close())
    const channel = socket.channel('board/:board', { board })
    const isCalled = [expect.stringMatching(called)]
    await expect.poll(names, { timeout }).toEqual(isCalled)
    socket.send('rename', 'Ann')
    await expect.poll(names, { timeout }).toEqual(['Ann'])
    socket.send('rename', asked)
    await expect.poll(names, { timeout }).toEqual(isCalled)
  })
})

test('the ticker gives one reader few streams at once', async () => {
  const server = await start('ticker')
  onTestFinished(() => server.close())
  const socket = createClient<typeof Ticker>(server.url).ticker.$ws()
  onTestFinished(() => socket.close())
  const firsts = Array.from({ length: 12 }, () =>
    fate(socket.request('quotes', 5000)[Symbol.asyncIterator]().next()),
  )
  const fates = await Promise.all(firsts)
  expect(fates.filter((each) => each === 'ok').length).toBeLessThan(9)
  expect(await fate(socket.request('time', null))).not.toBe('connection_lost')
})
