import type { Hono } from 'hono'
import { type ConnectOptions, open, watch } from './browser.ts'
import { Room } from './room.ts'
import { paths, urlOf } from './proxy.ts'
import type { Client } from './typed.ts'

/**
 * The sockets of an app by their paths, as Hono's `hc` has its routes. What may be said on them comes from the
 * type of the app, and nothing of it reaches the browser.
 *
 * @throws {TypeError} when a socket is opened, if `base` is no address, or a parameter is `.` or `..`
 *
 * @example
 * ```ts
 * import { contract, socket } from 'denwa'
 * import { createClient } from 'denwa/client'
 * import { Hono } from 'hono'
 * import { z } from 'zod'
 *
 * const chat = contract({
 *   requests: { say: { input: z.string(), output: z.number() } },
 *   channels: { 'room/:room': { events: { said: z.string() } } },
 * })
 * const app = new Hono().get(
 *   '/chat/:room',
 *   socket(chat, {
 *     requests: { say: (c) => c.data.length },
 *     channels: { 'room/:room': { join: () => true } },
 *   }),
 * )
 *
 * export async function enter(room: string): Promise<number> {
 *   const client = createClient<typeof app>('https://example.com')
 *   const socket = client.chat[':room'].$ws({ param: { room } })
 *   socket.channel('room/:room', { room }).on('said', (text) => console.log(text))
 *   return socket.request('say', 'hello')
 * }
 * ```
 */
export function createClient<T extends Hono<any, any, any>>(
  base: string,
  options: ConnectOptions = {},
): Client<T> {
  return paths((path, args) => watch(open(Room, urlOf(base, path, args), options)))
}
