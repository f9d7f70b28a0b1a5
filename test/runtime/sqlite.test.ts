import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Command, commandLine } from '../../tools/command.ts'
import { permitted } from '../support/permitted.ts'

const entry = join(import.meta.dirname, 'sqlite', 'writer.ts')
const FILES = ['--allow-read', '--allow-write']

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'denwa-sqlite-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

interface Read {
  position: [string, number]
  missing?: string
  bodies: string[]
}

/** Kills a writer once it has acknowledged so many; the epoch it wrote in, and the last it acknowledged. */
async function kill(command: Command, file: string, after: number): Promise<[string, number]> {
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env, FILE: file },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let said = ''
  for await (const chunk of child.stdout) {
    said += chunk
    if (said.split('\n').length > after) child.kill('SIGKILL')
  }
  await ended
  // The last line may have been cut.
  const [epoch, ...offsets] = said.split('\n').slice(0, -1)
  return [epoch as string, Number(offsets.at(-1))]
}

async function read(command: Command, file: string, since: [string, number]): Promise<Read> {
  const { stdout } = await promisify(execFile)(command.file, command.args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env, FILE: file, SINCE: JSON.stringify(since) },
    maxBuffer: 10_000_000,
  })
  return JSON.parse(stdout) as Read
}

describe.each(['node', 'bun', 'deno'] as const)('a file of SQLite on %s', (runtime) => {
  const command = permitted(commandLine(runtime, { entry }))

  test('a process that is killed leaves all that it has acknowledged', async () => {
    const file = join(dir, `${runtime}.db`)
    let last: [string, number] | undefined
    for (const after of [200, 500, 1_000]) {
      const [epoch, top] = await kill(command, file, after)
      expect(top).toBeGreaterThanOrEqual(after - 1)
      expect(epoch).toBe(last?.[0] ?? epoch)
      const { position, missing, bodies } = await read(command, file, [epoch, last?.[1] ?? 0])
      expect([missing, position[0]]).toEqual([undefined, epoch])
      expect(position[1]).toBeGreaterThanOrEqual(top)
      expect(bodies).toEqual(bodies.map((_, i) => `${i + 1}`))
      last = position
    }
  }, 60_000)

  test('another process is refused', async () => {
    const file = join(dir, `${runtime}-busy.db`)
    const holder = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...process.env, ...command.env, FILE: file },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => holder.once('close', resolve))
    try {
      await new Promise((resolve) => holder.stdout.once('data', resolve))
      await expect(read(command, file, ['', 0])).rejects.toThrow('it is open already')
    } finally {
      holder.kill('SIGKILL')
      await ended
    }
  }, 60_000)
})

test('on Deno, where the boot may not be known, a process that was killed leaves a new epoch', async () => {
  const command = permitted(commandLine('deno', { entry }), FILES)
  const file = join(dir, 'strict.db')
  const since = await kill(command, file, 20)
  const { position, missing } = await read(command, file, since)
  expect([missing, position[1] >= since[1]]).toEqual(['epoch', true])
  expect(position[0]).not.toBe(since[0])
}, 60_000)
