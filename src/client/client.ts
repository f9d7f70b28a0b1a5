import type { Hono } from 'hono'
import { type ConnectOptions, open, watch } from './browser.ts'
import { Room } from './room.ts'
import { paths, urlOf } from './proxy.ts'
import type { Client } from './typed.ts'

/**
 * The sockets of an app by their paths, as Hono's `hc` has its routes. What may be said on them comes from the
 * type of the app, and nothing of it reaches the browser.
 *
 * @throws {TypeError} when a socket is opened, if `base` is no address
 */
export function createClient<T extends Hono<any, any, any>>(
  base: string,
  options: ConnectOptions = {},
): Client<T> {
  return paths((path, args) => watch(open(Room, urlOf(base, path, args), options)))
}
