import type { RuntimeName } from '../tools/launch.ts'
import { jobs } from './jobs.ts'
import type { JobName } from './jobs.ts'

export interface Candidate {
  name: 'raw' | 'hono' | 'denwa' | 'loop'
  /** Its folder in `servers/`. */
  server: 'raw' | 'hono' | 'denwa'
  env?: Record<string, string>
}

const raw: Candidate = { name: 'raw', server: 'raw' }
const hono: Candidate = { name: 'hono', server: 'hono' }
const denwa: Candidate = { name: 'denwa', server: 'denwa' }
/** Bun without its native topics, for comparison. */
const loop: Candidate = { name: 'loop', server: 'raw', env: { FANOUT: 'loop' } }

/** Hono's helper has no hibernating Durable Objects. */
export const candidates: Record<RuntimeName, Candidate[]> = {
  node: [raw, denwa, hono],
  bun: [raw, denwa, hono, loop],
  deno: [raw, denwa, hono],
  worker: [raw, denwa, hono],
  durable: [raw, denwa],
}

export function applies(runtime: RuntimeName, { name }: Candidate, job: JobName): boolean {
  const isFanOut = jobs[job].kind === 'fan-out'
  // A plain Worker cannot reach from one socket to another.
  if (isFanOut && runtime === 'worker') return false
  // The storage of an object is another thing than memory.
  if (job === 'kept-1' && runtime === 'durable') return false
  // Only our protocol has several requests in one message, and only we have policies and histories.
  if (baseline(job) !== job) return name === 'denwa'
  return isFanOut || name !== 'loop'
}

/** Whose raw figure a job is compared with. */
export const baseline = (job: JobName): JobName => baselines[job] ?? job

const baselines: Partial<Record<JobName, JobName>> = {
  'batch-16': 'typed-16',
  'policed-16': 'typed-16',
  'policed-1': 'typed-1',
  'kept-1': 'fan-1',
}

/** Publications and replies may be joined only for those who negotiated. */
export function subprotocol({ name }: Candidate, job: JobName): string | undefined {
  // The credential that the policies ask for, "token": no protocol is offered with it.
  if (job === 'policed-16' || job === 'policed-1') return 'denwa.bearer.dG9rZW4'
  return name === 'denwa' && (job === 'batch-16' || jobs[job].kind === 'fan-out')
    ? 'denwa.v1.json'
    : undefined
}
