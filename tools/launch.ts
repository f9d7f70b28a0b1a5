/** Starts an app on a real runtime, as its own process, and says where it listens. */
import { dirname } from 'node:path'
import { commandLine } from './command.ts'
import type { Command } from './command.ts'
import { spawnTied } from './orphans.ts'
import { buildPages } from './pages.ts'
import { readPort } from './ready.ts'
import { tail } from './tail.ts'
import { workerdCommand } from './workerd.ts'

export const runtimes = ['node', 'bun', 'deno', 'worker', 'durable'] as const
export type RuntimeName = (typeof runtimes)[number]

export interface LaunchOptions {
  runtime: RuntimeName
  /** Absolute path of the entry module for that runtime. */
  entry: string
  /** @default 0, any free one */
  port?: number
  /** Environment variables; text bindings on Cloudflare. */
  env?: Record<string, string>
  /** What a Worker turns on beside what its compatibility date does. */
  compatibilityFlags?: string[]
  /** Where the app keeps what outlives the process, as `DATA_DIR`; its Durable Objects do so there, too. */
  dataDir?: string
  /** Where Durable Objects keep their data. @default `dataDir`, or a directory that goes with the process */
  durableStorage?: string
  /** `inherit` also shows what it says, once it listens. @default 'pipe' */
  stdio?: 'pipe' | 'inherit'
  /** How long the server may take to listen. @default 30000 */
  timeoutMs?: number
}

export interface Launched {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The last 64 KiB. */
  stderr(): string
  kill(signal?: NodeJS.Signals): void
  /** The exit code, or null where a signal ended it. Everything is cleaned up by then. */
  readonly exited: Promise<number | null>
  /** Asks it to end, insists after a second. */
  close(): Promise<void>
}

export async function launch(options: LaunchOptions): Promise<Launched> {
  const { runtime, timeoutMs = 30_000 } = options
  await buildPages(dirname(options.entry))
  const onCloudflare = runtime === 'worker' || runtime === 'durable'
  const command = await (onCloudflare ? workerdCommand(options) : commandLine(runtime, options))
  try {
    return await start(command, options, timeoutMs)
  } catch (error) {
    command.cleanUp?.()
    throw error
  }
}

async function start(
  command: Command,
  options: LaunchOptions,
  timeoutMs: number,
): Promise<Launched> {
  const child = spawnTied(command, ['ignore', 'pipe', 'pipe', 'pipe'])
  const stdout = tail(child.stdout!)
  const stderr = tail(child.stderr!)
  const exited = new Promise<number | null>((resolve) => {
    const done = (code: number | null): void => {
      command.cleanUp?.()
      resolve(code)
    }
    child.once('close', done)
    child.once('error', () => done(null))
  })

  try {
    const port = await readPort(child, timeoutMs)
    if (options.stdio === 'inherit') {
      stdout.copyTo(process.stdout)
      stderr.copyTo(process.stderr)
    }
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      pid: child.pid!,
      stderr: stderr.text,
      kill: (signal = 'SIGTERM') => void child.kill(signal),
      exited,
      async close() {
        child.kill(command.stopSignal)
        const insist = setTimeout(() => child.kill('SIGKILL'), 1_000)
        await exited
        clearTimeout(insist)
      },
    }
  } catch (error) {
    child.kill('SIGKILL')
    await exited
    const said = (stderr.text() + stdout.text()).trim() || '(it said nothing)'
    const what = `${options.runtime} ${options.entry} ${(error as Error).message}`
    throw new Error(`${what}\n${said}`, { cause: error })
  }
}
