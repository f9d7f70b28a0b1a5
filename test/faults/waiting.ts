import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, PROTOCOL, codeOf, told } from './fault.ts'

/** From the last sign of life, and what a busy machine adds. */
const SILENCE_MS = 35_000
const SLACK_MS = 1_500

/** Faults of clients that do nothing. */
export const waiting: readonly Fault[] = [
  {
    name: 'silent peer (heartbeat: 25 + 10 s)',
    waits: true,
    async happen(it, _, runtime) {
      const socket = await it.socket('/fountain/silent', {
        ...PROTOCOL,
        autoPong: false,
        autoClose: false,
      })
      await socket.next()
      const since = Date.now()
      if (runtime === 'durable') {
        // When the peer was heard last is kept to within five seconds.
        await sleep(SILENCE_MS + 5_500)
        if (socket.wire.end === undefined) await it.fetch('/fountain/silent', { method: 'POST' })
      }
      const client = await codeOf(socket, since + SILENCE_MS + 7_000 - Date.now())
      return { client, ...(await told(it, 'silent', since, 3_000)) }
    },
    expected: { client: '4201', told: '4201 unclean', withinMs: SILENCE_MS + SLACK_MS },
    gaps: [
      {
        runtimes: ['deno'],
        client: '1001',
        because: 'Deno pings by itself, and closes with a code of its own',
      },
      {
        runtimes: ['worker'],
        because:
          'a Worker has no pings: it sends a text to clients that negotiated the protocol, and others stay',
      },
      {
        runtimes: ['durable'],
        withinMs: SILENCE_MS + 5_500 + SLACK_MS,
        because:
          'a Durable Object is not woken for it: such a client is found 40 s after it was heard last at the earliest, when something else wakes the object, here after 40.5 s',
      },
    ],
  },
  {
    name: 'stalled close (5 s)',
    waits: true,
    async happen(it) {
      const socket = await it.socket('/age/fountain/stalled', { autoClose: false })
      const code = await codeOf(socket, 5_000)
      const { told: heard, ms } = await told(it, 'stalled', Date.now(), 8_000)
      const ends = await socket.ended(1_000).then(
        () => 'ends',
        () => 'stays',
      )
      return { client: `${code}, TCP ${ends}`, told: heard, ms }
    },
    expected: { client: '4200, TCP ends', told: '4200 unclean', withinMs: 5_000 + SLACK_MS },
    gaps: [
      {
        runtimes: ['bun'],
        told: '4200 clean',
        because: 'Bun ends TCP at once, and takes the Close for answered',
      },
      {
        runtimes: ['deno', 'worker', 'durable'],
        client: '4200, TCP stays',
        because: 'the runtime waits for the answer for ever: it has no other way to end TCP',
      },
    ],
  },
  {
    name: 'unauthenticated socket (10 s)',
    waits: true,
    async happen(it) {
      const socket = await it.socket('/unauthenticated/nobody', PROTOCOL)
      const since = Date.now()
      const client = await codeOf(socket, 15_000)
      const ms = Date.now() - since
      // `open` has not run, so `close` does not.
      const { told: heard } = await told(it, 'nobody', since, 300)
      return { client, told: heard, ms }
    },
    expected: { client: '4108', told: 'nothing', withinMs: 10_000 + SLACK_MS },
  },
]
