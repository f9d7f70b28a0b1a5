/** `npm run bench -- idle`: what connections cost that say nothing, and their heartbeat. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { machine } from './machine.ts'
import { startServer } from './measure.ts'
import { open } from './peer.ts'
import type { Peer } from './peer.ts'
import { table } from './report.ts'
import type { Launched } from '../tools/launch.ts'

export interface IdleOptions {
  connections: number
  /** How long the heartbeat is watched: two of its intervals. */
  watchMs: number
}

const runtimes = ['node', 'bun'] as const
type Runtime = (typeof runtimes)[number]
const raw = { name: 'raw', server: 'raw' } as const
const denwa = { name: 'denwa', server: 'denwa' } as const

/** The default heartbeat: a ping every 25 s. */
export async function idle({ connections, watchMs }: IdleOptions): Promise<void> {
  const rows = []
  for (const runtime of runtimes) {
    const measured = []
    for (const candidate of [raw, denwa]) {
      const server = await startServer(runtime, candidate)
      try {
        measured.push(await measure(runtime, server, connections, watchMs))
      } catch (error) {
        throw new Error(`${runtime} ${candidate.name}: ${server.stderr()}`, { cause: error })
      } finally {
        await server.close()
      }
    }
    const [plain, ours] = measured as [Cost, Cost]
    rows.push({
      runtime,
      connections: connections.toLocaleString('en'),
      'raw bytes each': bytes(plain.bytesEach),
      'denwa bytes each': bytes(ours.bytesEach),
      'over raw': bytes(ours.bytesEach - plain.bytesEach),
      'pings/s': ours.pingsPerSecond.toFixed(0),
      'raw CPU %': plain.cpuPercent.toFixed(2),
      'denwa CPU %': ours.cpuPercent.toFixed(2),
    })
  }
  console.log(`\n${table(rows)}\n`)
  console.log(
    `What each further connection takes after a collection, with half as many there: live memory on
Node, private memory on Bun. CPU of the server in % of a core over ${watchMs / 1000} s, after as many to warm up; all pings answered.`,
  )
  console.log(machine())
}

interface Cost {
  bytesEach: number
  cpuPercent: number
  pingsPerSecond: number
}

async function measure(
  runtime: Runtime,
  server: Launched,
  count: number,
  watchMs: number,
): Promise<Cost> {
  let pings = 0
  let lost: Error | undefined
  // What a heap has grown by for handshakes is no part of what stays: as many before, one after the
  // other, and half as many that stay.
  for (let done = 0; done < count; done += GROUP) {
    for (const peer of await connect(server.port, GROUP)) peer.end()
  }
  const first = await connect(server.port, count / 2)
  await sleep(500)
  const before = await held(runtime, server)
  const peers = await connect(
    server.port,
    count,
    () => pings++,
    (error) => (lost ??= error),
  )
  await sleep(500)
  const after = await held(runtime, server)
  for (const peer of first) peer.end()
  await sleep(500)
  // Compiling is none of the heartbeat's cost: it goes on for as long before it is watched.
  await sleep(watchMs)
  pings = 0
  const [cpu, at] = [cpuMs(server.pid), performance.now()]
  await sleep(watchMs)
  const [spentMs, tookMs] = [cpuMs(server.pid) - cpu, performance.now() - at]
  if (lost) throw lost
  for (const peer of peers) peer.end()
  return {
    bytesEach: (after - before) / count,
    cpuPercent: (spentMs / tookMs) * 100,
    pingsPerSecond: (pings / tookMs) * 1000,
  }
}

/** Handshakes at a time. */
const GROUP = 100

/** A masked, empty pong. */
const PONG = Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0)

async function connect(
  port: number,
  count: number,
  onPing: () => void = () => {},
  onLost: (error: Error) => void = () => {},
): Promise<Peer[]> {
  const peers: Peer[] = []
  const one = async (): Promise<void> => {
    const peer = await open(
      { port, path: '/typed' },
      {
        onLost,
        onBytes(buffer, end) {
          for (let at = 0; at < end; at += 2 + (buffer[at + 1]! & 127)) {
            if ((buffer[at]! & 15) !== 9) return onLost(new Error(`An opcode ${buffer[at]! & 15}`))
            onPing()
            peer.write(PONG)
          }
        },
      },
    )
    peers.push(peer)
  }
  while (peers.length < count) {
    await Promise.all(Array.from({ length: Math.min(GROUP, count - peers.length) }, one))
  }
  return peers
}

/** What a collection leaves: V8 says what lives and keeps the pages, of Bun the system says what it holds. */
async function held(runtime: Runtime, { pid, kill, stderr }: Launched): Promise<number> {
  for (let i = 0; i < 3; i++) {
    kill('SIGUSR2')
    await sleep(500)
  }
  if (runtime === 'node') return Number(/.*^live (\d+)$/ms.exec(stderr())![1])
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
  const kB = (name: string): number =>
    Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)![1])
  return (kB('Private_Clean') + kB('Private_Dirty')) * 1024
}

/** Of all threads, those that have ended too; in hundredths of a second. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const bytes = (count: number): string => Math.round(count).toLocaleString('en')
