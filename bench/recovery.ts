/** `npm run bench -- recovery`: how long it takes until all who were away have what they missed. */
import { machine } from './machine.ts'
import { startServer } from './measure.ts'
import { open } from './peer.ts'
import type { Peer } from './peer.ts'
import { table } from './report.ts'
import { Scanner, frame } from './wire.ts'
import { repeat } from './work.ts'

export interface RecoveryOptions {
  clients: number
  /** Publications that each of them has missed. */
  missed: number
  rounds: number
}

const runtimes = ['node', 'bun', 'deno'] as const
/** On Node, where the clients have a core of their own. */
const LIMIT_MS = 2_000
/** Handshakes at a time. */
const LANES = 100
const text = '~'.repeat(50)

export async function recovery({ clients, missed, rounds }: RecoveryOptions): Promise<void> {
  const rows = []
  for (const runtime of runtimes) {
    const runs: Run[] = []
    for (let round = 0; round < rounds; round++) {
      const server = await startServer(runtime, { name: 'denwa', server: 'denwa' })
      try {
        runs.push(await run(server.port, clients, missed))
      } catch (error) {
        throw new Error(`${runtime}: ${server.stderr()}`, { cause: error })
      } finally {
        await server.close()
      }
    }
    const times = runs.map(({ ms }) => ms).toSorted((a, b) => a - b)
    const ms = times[times.length >> 1]!
    if (runtime === 'node' && ms > LIMIT_MS) process.exitCode = 1
    rows.push({
      runtime,
      clients: count(clients),
      missed: count(missed),
      'bytes each': count(runs[0]!.bytes),
      ms: count(ms),
      spread: `${count(times[0]!)}–${count(times.at(-1)!)}`,
      'clients/s': count((clients / ms) * 1000),
    })
  }
  console.log(`\n${table(rows)}\n`)
  console.log(
    `From the first connection until all have joined with their position and have what they missed, ${LANES} of
them under way at a time; medians of ${rounds} round${rounds > 1 ? 's' : ''}, each with a fresh server. On Node at most ${count(LIMIT_MS)} ms.`,
  )
  console.log(machine())
}

interface Run {
  ms: number
  /** Of the reply that each gets. */
  bytes: number
}

async function run(port: number, clients: number, missed: number): Promise<Run> {
  const peers: Peer[] = []
  const since = await publish(port, missed)
  const request = frame(JSON.stringify({ type: '$join', id: 1, channel: 'feed', since }), true)
  let first: string | undefined
  const recover = async (): Promise<void> => {
    const reply = await ask(port, request, peers)
    // All are told the same.
    first ??= checked(reply, missed)
    if (reply !== first) throw new Error(`Not what others are told: ${reply}`)
  }
  const from = performance.now()
  await Promise.all(
    repeat(LANES, async (lane) => {
      for (let i = lane; i < clients; i += LANES) await recover()
    }),
  )
  const ms = performance.now() - from
  for (const peer of peers) peer.end()
  return { ms, bytes: Buffer.byteLength(first!) }
}

/** The position before all of it. */
async function publish(port: number, count: number): Promise<unknown> {
  const peers: Peer[] = []
  const join = frame('{"type":"$join","id":1,"channel":"feed"}', true)
  let heard = 0
  const all = Promise.withResolvers<void>()
  const reply = await ask(port, join, peers, () => {
    if (++heard === count) all.resolve()
  })
  const say = frame(JSON.stringify({ type: 'publish', data: { text } }), true)
  for (let i = 0; i < count; i++) peers[0]!.write(say)
  await all.promise
  peers[0]!.end()
  return JSON.parse(reply).data.position
}

/** The answer to a first request, on a connection that stays. */
function ask(
  port: number,
  request: Uint8Array,
  peers: Peer[],
  onMore: (text: string) => void = (more) => {
    throw new Error(`More than was asked for: ${more}`)
  },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const scanner = new Scanner()
    let answered = false
    scanner.onText = (text) => {
      if (answered) return onMore(text)
      answered = true
      resolve(text)
    }
    open(
      { port, path: '/publish-kept' },
      { onBytes: (bytes, end) => scanner.feed(bytes, end), onLost: reject },
    ).then((peer) => {
      peers.push(peer)
      peer.write(request)
    }, reject)
  })
}

function checked(reply: string, missed: number): string {
  const { position, recovered, publications } = JSON.parse(reply).data
  const wanted = repeat(missed, (i) => ({ offset: i + 1, type: 'tick', data: { text } }))
  if (recovered !== true || position[1] !== missed) throw new Error(`Not recovered: ${reply}`)
  if (JSON.stringify(publications) !== JSON.stringify(wanted)) {
    throw new Error(`Not what was missed: ${reply}`)
  }
  return reply
}

const count = (value: number): string => Math.round(value).toLocaleString('en')
