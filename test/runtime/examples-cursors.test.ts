import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'denwa/client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { app } from '../../examples/cursors/app.ts'
import type { Point } from '../../examples/cursors/board-size.ts'
import { connect } from '../../src/testing/raw-client.ts'
import { type Launched, launch, runtimes } from '../../tools/launch.ts'

const timeout = 5_000
let boards = 0

const start = (runtime: (typeof runtimes)[number]): Promise<Launched> =>
  launch({ runtime, entry: `${import.meta.dirname}/../../examples/cursors/${runtime}.ts` })

/** Somebody on a board, who knows of all others what they were told. */
async function person(server: Launched, board: string, name: string) {
  const { boards } = createClient<typeof app>(server.url)
  const socket = boards[':board{[a-z0-9-]{1,32}}'].$ws({ param: { board }, query: { name } })
  onTestFinished(() => socket.close())
  const channel = socket.channel('board/:board', { board })
  const at: Record<string, Point> = {}
  let told = 0
  const moved = (all: Record<string, Point>): void => {
    told++
    Object.assign(at, all)
  }
  socket.on('pointers', moved)
  channel.on('pointers', moved)
  const { presence } = channel
  const names = (): string[] => presence.list().map(({ name }) => name)
  await expect.poll(names, { timeout }).toContain(name)
  const { id } = presence.members.get(presence.self!)!
  return { id, socket, channel, at, names, told: () => told }
}

describe.each(runtimes)('cursors on %s', (runtime) => {
  let server: Launched
  beforeAll(async () => {
    server = await start(runtime)
  })
  afterAll(() => server?.close())
  const enter = (board: string, name: string) => person(server, board, name)

  test('has a page for each board', async () => {
    const response = await fetch(`${server.url}/?bots=3`)
    expect(response.url).toBe(`${server.url}/boards/lobby?bots=3`)
    expect(await response.text()).toContain('<title>lobby')
  })

  test('tells where a pointer is: the newest, and not all of them', async () => {
    const board = `b${boards++}`
    const [ann, bob] = [await enter(board, 'Ann'), await enter(board, 'Bob')]
    const before = bob.told()
    for (let left = 1; left <= 30; left++) ann.socket.send('move', [left, 2])
    await expect.poll(() => bob.at[ann.id], { timeout }).toEqual([30, 2])
    expect(bob.told() - before).toBeLessThan(15)

    const late = await enter(board, 'Cy')
    await expect.poll(() => late.at[ann.id], { timeout }).toEqual([30, 2])
  })

  test('tells of 50 at once, who all hear of all', async () => {
    const board = `b${boards++}`
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => enter(board, `n${n}`)))
    for (const [n, { socket }] of all.entries()) socket.send('move', [n, n])
    const wanted = Object.fromEntries(all.map(({ id }, n) => [id, [n, n]]))
    for (const { at } of all) await expect.poll(() => at, { timeout }).toEqual(wanted)
    expect(Math.max(...all.map(({ told }) => told()))).toBeLessThan(60)
  })

  test('tells of clicks and names, and at once of who leaves', async () => {
    const board = `b${boards++}`
    const [ann, bob] = [await enter(board, 'Ann'), await enter(board, 'Bob')]
    const clicks: unknown[] = []
    bob.channel.on('clicked', (click) => clicks.push(click))
    ann.socket.send('click', [5, 6])
    await expect.poll(() => clicks, { timeout }).toEqual([{ id: ann.id, at: [5, 6] }])
    ann.socket.send('rename', 'Anne')
    await expect.poll(bob.names, { timeout }).toEqual(['Anne', 'Bob'])
    ann.socket.close()
    await expect.poll(bob.names, { timeout: 2_000 }).toEqual(['Bob'])
  })

  test('keeps boards apart', async () => {
    const ann = await enter(`b${boards++}`, 'Ann')
    const other = ann.socket.channel('board/:board', { board: 'other' })
    let why: unknown
    other.onStatus((_, error) => (why = error?.code))
    await expect.poll(() => why, { timeout }).toBe('forbidden')
  })
})

test('who is lost stays for a while', { timeout: 40_000 }, async () => {
  const server = await start('node')
  onTestFinished(() => server.close())
  const bob = await person(server, 'lost', 'Bob')
  const ann = await connect(server.url, { target: '/boards/lost?name=Ann' })
  ann.send(JSON.stringify({ type: '$join', id: 1, channel: 'board/lost' }))
  await expect.poll(bob.names, { timeout }).toEqual(['Bob', 'Ann'])
  const lost = performance.now()
  ann.destroy()
  while (bob.names().length > 1) await sleep(100)
  const stayedMs = performance.now() - lost
  expect(stayedMs).toBeGreaterThan(14_000)
  expect(stayedMs).toBeLessThan(20_000)
})
