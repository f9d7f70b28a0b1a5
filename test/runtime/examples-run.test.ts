import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type RawSocket, connect } from '../../src/testing/raw-client.ts'
import { type Launched, launch, runtimes } from '../../tools/launch.ts'
import { npmRunExample, running } from './examples/npm-run.ts'
import type { Run } from './examples/npm-run.ts'
import { freePort, holdPort } from './examples/port.ts'

let run: Run | undefined
const start = (...args: string[]): Run => (run = npmRunExample(...args))
afterEach(async () => {
  run?.kill('SIGKILL')
  await run?.ended
})

describe.each(runtimes)('npm run example on %s', (runtime) => {
  test.each([
    { name: 'chat', path: '/', says: 'Enter the room' },
    { name: 'echo', path: '/health', says: 'ok' },
    { name: 'ticker', path: '/', says: 'Ticker' },
    { name: 'cursors', path: '/', says: 'lobby' },
  ])('$name: says where it listens, answers there, and ends', async ({ name, path, says }) => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const args = [name, '--runtime', runtime, '--port', `${port}`]
    const { firstLine, family, kill, ended } = start(...args)
    expect(await firstLine).toBe(`listening on ${url}`)
    const response = await fetch(url + path)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain(says)

    const pids = family()
    expect(pids.length).toBeGreaterThan(2)
    kill('SIGTERM')
    expect((await ended).stderr).toBe('')
    await expect.poll(() => running(pids), { timeout: 5_000 }).toEqual([])
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  test('names a port that is in use', async () => {
    const { port, release } = await holdPort()
    try {
      const { code, stderr } = await start(...['echo', '--runtime', runtime, '--port', `${port}`])
        .ended
      expect(stderr).toBe(`Port ${port} is in use. Choose another: --port N\n`)
      expect(code).not.toBe(0)
    } finally {
      await release()
    }
  })
})

describe.each(['node', 'bun', 'deno'] as const)('an example on %s is asked to end', (runtime) => {
  const start = (name: string): Promise<Launched> =>
    launch({ runtime, entry: `${import.meta.dirname}/../../examples/${name}/${runtime}.ts` })

  test.each([
    { name: 'chat', target: '/chat/lobby', signal: 'SIGTERM' },
    { name: 'echo', target: '/echo', signal: 'SIGINT' },
  ] as const)('$name tells who is there, on $signal', async ({ name, target, signal }) => {
    const { url, kill, exited, stderr } = await start(name)
    const socket = await connect(url, { target })
    kill(signal)
    expect(await lastOf(socket)).toEqual({ type: '$bye', code: 'restart', retry: [500, 1002] })
    expect((await socket.closed()).code).toBe(1012)
    expect({ code: await exited, stderr: stderr() }).toEqual({ code: 0, stderr: '' })
  })

  test('and asked again it does not wait', async () => {
    const { url, kill, exited } = await start('echo')
    const asked = performance.now()
    const socket = await connect(url, { target: '/echo', autoClose: false })
    kill('SIGINT')
    await socket.closed()
    await sleep(400)
    kill('SIGINT')
    await exited
    expect(performance.now() - asked).toBeLessThan(3_500)
    socket.destroy()
  })

  test('by npm', async () => {
    const run = npmRunExample('chat', '--runtime', runtime, '--port', '0')
    const url = (await run.firstLine)!.replace('listening on ', '')
    const pids = run.family()
    const socket = await connect(url, { target: '/chat/lobby' })
    run.kill('SIGTERM')
    expect(await lastOf(socket)).toMatchObject({ type: '$bye', code: 'restart' })
    expect((await socket.closed()).code).toBe(1012)
    expect((await run.ended).stderr).toBe('')
    await expect.poll(() => running(pids), { timeout: 5_000 }).toEqual([])
  })
})

/** The last frame before the Close. */
async function lastOf(socket: RawSocket): Promise<unknown> {
  let last: unknown
  try {
    for (;;) last = JSON.parse(String(await socket.next(5_000)))
  } catch {
    return last
  }
}

test('npm run example, alone: says what there is', async () => {
  const { code, stderr } = await start().ended
  const lines = stderr.split('\n')
  expect(lines[0]).toBe('npm run example -- NAME')
  for (const name of ['chat', 'echo']) {
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^  ${name} +[A-Z].*[.]$`)))
  }
  expect(stderr).toContain(runtimes.join(', '))
  expect(stderr).not.toContain('shared')
  expect(code).toBe(1)
})

describe('npm run example, misspelled', () => {
  test.each([
    { args: ['nope'], says: 'No example "nope". Examples: ' },
    { args: ['shared'], says: 'No example "shared". Examples: ' },
    { args: ['../examples/chat'], says: 'No example "../examples/chat". Examples: ' },
    { args: ['chat', 'echo'], says: 'One example at a time, but got "chat echo"' },
    {
      args: ['chat', '--runtime', 'perl'],
      says: 'No runtime "perl". Runtimes: node, bun, deno, worker, durable',
    },
    {
      args: ['chat', '--port', '65536'],
      says: '--port takes a number from 0 to 65535, but got "65536"',
    },
    { args: ['chat', '--port=-1'], says: '--port takes a number from 0 to 65535, but got "-1"' },
    { args: ['chat', '--verbose'], says: "Unknown option '--verbose'" },
  ])('$args', async ({ args, says }) => {
    const { firstLine, ended } = start(...args)
    const { code, stderr } = await ended
    expect(stderr.split('\n')).toEqual([expect.stringContaining(says), ''])
    expect(await firstLine).toBeUndefined()
    expect(code).toBe(1)
  })
})
