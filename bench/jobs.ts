import { offsetSlot, slot } from './wire.ts'

interface Common {
  /** As the table calls it. */
  title: string
  path: string
  /** What may be on its way at a time: on each connection, or from the publisher. */
  depth: number
}
export interface EchoJob extends Common {
  kind: 'echo'
  connections: number
  request: string
  reply: string
  /** Must be refused. */
  bad?: string
  /** All of `depth` in one message, to servers that speak arrays. */
  batched?: true
}
export interface FanOutJob extends Common {
  kind: 'fan-out'
  /** Who connects there hears what is published. */
  subscribePath: string
  subscribers: number
  request: string
  /** With an offset where the channel remembers; such a job has a depth of 1. */
  publication: string
  bad: string
}
export type Job = EchoJob | FanOutJob

const pad = (bytes: number, text: string): string =>
  text.replace('~', '~'.repeat(bytes - text.length + 1))

const raw = {
  kind: 'echo',
  path: '/raw',
  request: pad(64, `${slot}~`),
  reply: pad(64, `${slot}~`),
} as const

const request = pad(120, `{"type":"echo","id":${slot},"data":{"text":"~"}}`)
const typed = {
  kind: 'echo',
  path: '/typed',
  request,
  reply: request.replace('"type":"echo",', ''),
  bad: `{"type":"echo","id":1,"data":{"text":5}}`,
} as const

const text = `${slot}${'~'.repeat(50)}`
const fanOut = {
  kind: 'fan-out',
  path: '/publish',
  subscribePath: '/subscribe',
  subscribers: 1_000,
  request: `{"type":"publish","data":{"text":"${text}"}}`,
  publication: `{"channel":"feed","type":"tick","data":{"text":"${text}"}}`,
  bad: '{"type":"publish","data":{"text":5}}',
} as const

const kept = {
  ...fanOut,
  path: '/publish-kept',
  subscribePath: '/subscribe-kept',
  publication: fanOut.publication.replace('"type"', `"offset":${offsetSlot},"type"`),
} as const

export type JobName =
  | `${'raw' | 'typed' | 'policed'}-${1 | 16}`
  | 'batch-16'
  | `fan-${1 | 16}`
  | 'kept-1'

export const jobs: Record<JobName, Job> = {
  'raw-16': { ...raw, title: 'raw echo, 16 in flight', depth: 16, connections: 16 },
  'raw-1': { ...raw, title: 'raw echo, 1 in flight', depth: 1, connections: 16 },
  'typed-16': { ...typed, title: 'typed echo, 16 in flight', depth: 16, connections: 16 },
  'typed-1': { ...typed, title: 'typed echo, 1 in flight', depth: 1, connections: 16 },
  'policed-16': {
    ...typed,
    path: '/policed',
    title: 'typed echo, 16 in flight, policies',
    depth: 16,
    connections: 16,
  },
  'policed-1': {
    ...typed,
    path: '/policed',
    title: 'typed echo, 1 in flight, policies',
    depth: 1,
    connections: 16,
  },
  'batch-16': {
    ...typed,
    title: 'typed echo, 16 in a frame',
    depth: 16,
    connections: 16,
    batched: true,
  },
  'fan-1': { ...fanOut, title: 'fan-out 1 to 1,000', depth: 1 },
  'fan-16': { ...fanOut, title: 'fan-out, bursts of 16', depth: 16 },
  'kept-1': { ...kept, title: 'fan-out 1 to 1,000, history', depth: 1 },
}
