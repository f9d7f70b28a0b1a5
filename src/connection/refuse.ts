import { SocketError, isRefusal } from '../errors.ts'
import { errorFrame } from '../protocol/frame.ts'
import type { Connection } from './connection.ts'
import type { Route } from './routes.ts'

/** Says what a handler threw: its own refusal, or `internal` for all else. */
export function fail(c: Connection, route: Route, id: number | undefined, error: unknown): void {
  if (isRefusal(error)) {
    c.write(errorFrame(id, error))
    return
  }
  c.report(error, `${route.kind} ${route.type}`)
  refuse(c, id, 'internal', 'internal error')
}

/** Answers with an error of the protocol's own; without `id` where nothing was asked. */
export function refuse(
  c: Connection,
  id: number | undefined,
  code: string,
  message: string,
  retryAfterMs?: number,
): void {
  const options = retryAfterMs === undefined ? {} : { retryAfterMs }
  c.write(errorFrame(id, new SocketError(code, message, options)))
}
