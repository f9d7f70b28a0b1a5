/**
 * A WebSocket client for tests that hides nothing: any bytes as the request, the answer as it came, any frame.
 * Built on `node:net` alone, so that no client library repairs what a server got wrong.
 *
 * @example
 * const socket = await connect('http://127.0.0.1:8787', { target: '/echo' })
 * socket.send('{"type":"echo","data":{"text":"hi"}}')
 * await socket.next()
 */
import { type Answer, readAnswer } from './raw/answer.ts'
import { httpRequest, type UpgradeOptions, upgradeRequest } from './raw/request.ts'
import { RawSocket, type RawSocketOptions } from './raw/socket.ts'
import { dial } from './raw/wire.ts'

export type { Answer } from './raw/answer.ts'
export { readAnswer } from './raw/answer.ts'
export type { Frame, FrameOptions } from './raw/frame.ts'
export { closePayload, encodeFrame, Opcode } from './raw/frame.ts'
export type { HeaderValues, UpgradeOptions } from './raw/request.ts'
export { acceptFor, httpRequest, randomKey, upgradeRequest } from './raw/request.ts'
export type { Closed, RawSocketOptions } from './raw/socket.ts'
export { RawSocket } from './raw/socket.ts'
export type { End } from './raw/wire.ts'
export { dial, Wire } from './raw/wire.ts'

/** Opens a WebSocket. @throws if the answer is not 101, with the status and body in the message. */
export async function connect(
  url: string,
  options: UpgradeOptions & RawSocketOptions & { timeoutMs?: number } = {},
): Promise<RawSocket> {
  const wire = await dial(url)
  wire.write(upgradeRequest(url, options))
  const answer = await readAnswer(wire, options.timeoutMs)
  if (answer.status === 101) return new RawSocket(wire, answer, options)
  wire.destroy()
  throw new Error(`refused with ${answer.status}: ${answer.body}`)
}

/** Sends one plain HTTP request on a connection of its own. */
export async function request(
  url: string,
  options: UpgradeOptions & { timeoutMs?: number } = {},
): Promise<Answer> {
  const wire = await dial(url)
  const length =
    options.body === undefined ? {} : { 'content-length': `${Buffer.byteLength(options.body)}` }
  wire.write(
    httpRequest(url, {
      ...options,
      headers: { connection: 'close', ...length, ...options.headers },
    }),
  )
  try {
    return await readAnswer(wire, options.timeoutMs, options.method)
  } finally {
    wire.destroy()
  }
}
