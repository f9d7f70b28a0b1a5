import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface HeldPort {
  readonly port: number
  release(): Promise<void>
}

/** A port that is in use until it is released. */
export async function holdPort(): Promise<HeldPort> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    release: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

export async function freePort(): Promise<number> {
  const held = await holdPort()
  await held.release()
  return held.port
}
