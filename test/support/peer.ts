import { setImmediate } from 'node:timers/promises'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { Hono } from 'hono'
import type { Timers } from '../../src/runtime/port.ts'
import { TestClock } from '../../src/testing/clock.ts'
import { type TestSocket, connect } from '../../src/testing/connect.ts'

export interface PeerOptions {
  /** Offers the subprotocol: arrays may come, and `$welcome` does. */
  arrays?: boolean
  clock?: Timers
  env?: object
  headers?: Record<string, string>
}

/** A client in memory, for tests that look at all it is told. */
export interface Peer {
  readonly socket: TestSocket
  /** Sends each as a message of its own. */
  say(...messages: unknown[]): void
  request(id: number, type: string, data?: unknown, more?: object): void
  /** All frames since the last call, once nothing moves any more but time. */
  heard(): Promise<any[]>
  /** How the connection ended, or `undefined` if it is open. */
  ended(): Promise<{ code: number; reason: string } | undefined>
}

/** Connects to a socket, or to an app that has it at `/`. */
export async function peer(at: unknown, options: PeerOptions = {}): Promise<Peer> {
  const { arrays = false, clock = new TestClock(), env, headers = {} } = options
  const app = at instanceof Hono ? at : new Hono().get('/', at as never)
  const protocols = arrays ? ['denwa.v1.json'] : []
  const socket = await connect(app, '/', { protocols, clock, headers, ...(env && { env }) })
  if (socket.response.status !== 101) throw new Error(`refused with ${socket.response.status}`)
  return {
    socket,
    say(...messages) {
      for (const message of messages) socket.send(message)
    },
    request(id, type, data, more) {
      socket.send({ type, id, data, ...more })
    },
    heard: () => heard(socket),
    async ended() {
      return Promise.race([turn().then(() => undefined), socket.closed])
    },
  }
}

async function heard(socket: TestSocket): Promise<any[]> {
  await turn()
  socket.send('ping')
  const frames: unknown[] = []
  for (;;) {
    let frame: unknown
    try {
      frame = await socket.next()
    } catch {
      return frames
    }
    if (frame === 'pong') return frames
    frames.push(frame)
  }
}

/** When every promise that can settle without time or input has settled. */
export function turn(): Promise<void> {
  return setImmediate()
}

type AnySchema = StandardSchemaV1<any, any>
type Verdict = StandardSchemaV1.Result<any>

/** A schema of nobody's library. */
export function standard(validate: (value: unknown) => Verdict | Promise<Verdict>): AnySchema {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

export const anything: AnySchema = standard((value) => ({ value }))

/** Accepts everything, but not at once. */
export const slowly: AnySchema = standard(async (value) => ({ value }))
