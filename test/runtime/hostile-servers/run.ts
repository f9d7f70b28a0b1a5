import { readFileSync } from 'node:fs'
import { commandLine } from '../../../tools/command.ts'
import { spawnTied } from '../../../tools/orphans.ts'
import { type Behaviour, awaitedOf } from './behaviours.ts'
import type { Fates } from './victim.ts'

export interface Ran {
  readonly code: number | null
  readonly stderr: string
  /** The most memory that the process has held, in bytes. */
  readonly peakBytes: number
  /** If it has come to an end by itself. */
  readonly fates: Fates | undefined
}

/** Runtimes, and whose WebSocket their client has: their own, or that of `ws`. */
export const platforms = [
  ['node', 'native'],
  ['node', 'ws'],
  ['bun', 'native'],
  ['bun', 'ws'],
  ['deno', 'native'],
] as const

type Platform = (typeof platforms)[number]

/** Clients on a platform, in a process of their own. */
export async function run(
  runtime: Platform[0],
  kind: Platform[1],
  base: string,
  table: Readonly<Record<string, Behaviour>>,
  ms: number,
): Promise<Ran> {
  const entry = `${import.meta.dirname}/process.ts`
  const command = commandLine(runtime, { entry })
  command.args.push(base, String(ms), kind, JSON.stringify(awaitedOf(table)))
  const child = spawnTied(command, ['ignore', 'pipe', 'pipe'])
  let stdout = ''
  let stderr = ''
  let peakBytes = 0
  child.stdout!.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text))
  const look = setInterval(() => (peakBytes = Math.max(peakBytes, peakOf(child.pid!))), 100)
  const late = setTimeout(() => child.kill('SIGKILL'), ms + 40_000)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearInterval(look)
  clearTimeout(late)
  return { code, stderr, peakBytes, fates: code === 0 ? JSON.parse(stdout) : undefined }
}

function peakOf(pid: number): number {
  try {
    const [, kB] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(kB ?? 0) * 1024
  } catch {
    // It has ended.
    return 0
  }
}
