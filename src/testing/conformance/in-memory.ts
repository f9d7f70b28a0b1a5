/**
 * The in-memory runtime as a target of the conformance suite.
 *
 * @module
 */
import type { Hono } from 'hono'
import { connect, type TestSocket } from '../connect.ts'
import type { HeaderValues } from '../raw/request.ts'
import { unopened } from './links.ts'
import type { Link, Target } from './target.ts'

/** Where everybody is. */
const env = { remoteAddr: { hostname: '127.0.0.1' } }

/** The in-memory runtime as a target: no TCP, all else as it should be. */
export function inMemory(app: Hono): Required<Pick<Target, 'open' | 'fetch'>> {
  return {
    async open(path, { headers, protocols = [] }) {
      return linkTo(await connect(app, path, { headers: pairs(headers), protocols, env }))
    },
    async fetch(path, { method = 'GET', headers, body }) {
      const init = { method, headers: pairs(headers), ...(body !== undefined && { body }) }
      const response = await app.request(path, init, env)
      return replyOf(response, await response.text())
    },
  }
}

async function linkTo(socket: TestSocket): Promise<Link> {
  const { response } = socket
  if (response.status !== 101) {
    return { ...replyOf(response, await response.text()), ...unopened, destroy() {} }
  }
  let asked: Promise<unknown> | undefined
  return {
    ...replyOf(response, ''),
    send: (data) => socket.send(data),
    async message(timeoutMs) {
      // Who gives up must not take the next message with him.
      asked ??= socket.next()
      const value = await within(asked, timeoutMs, 'message')
      asked = undefined
      return typeof value === 'string' || value instanceof Uint8Array
        ? value
        : JSON.stringify(value)
    },
    closed: (timeoutMs) => within(socket.closed, timeoutMs, 'close'),
    close: (code, reason) => socket.close(code, reason),
    destroy: () => socket.close(1006),
  }
}

function replyOf(response: Response, body: string): Pick<Link, 'status' | 'body' | 'header'> {
  const header = (name: string): string | undefined => response.headers.get(name) ?? undefined
  return { status: response.status, body, header }
}

function pairs(headers: HeaderValues = {}): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  )
}

function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms`)), ms)
    promise.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}
