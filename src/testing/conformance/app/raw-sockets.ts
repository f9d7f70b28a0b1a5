import type { Context, Handler } from 'hono'
import { raw } from '../../../raw.ts'
import { fail } from './failures.ts'
import { note } from './trace.ts'

/** Sends back what it gets, bytes as bytes. */
export const rawEcho: Handler = raw({
  message: (c, data) => c.send(data),
})

/** Says which subprotocol was chosen, then echoes. */
export const rawProtocol: Handler = raw({
  open: (c) => c.send(`protocol ${c.protocol}`),
  message: (c, data) => c.send(data),
})

/** Tells what a handler is given. */
export const rawTypes: Handler = raw({
  message: (c, data) => c.send(typeof data === 'string' ? 'text' : data.constructor.name),
})

let previous: object | undefined
/** Whether every event hands over the same connection object. */
export const rawIdentity: Handler = raw({
  open: (c) => {
    previous = c
  },
  message: (c) => c.send(String(previous === c)),
})

/** `/raw-fail/:room/:where/:how` */
export const rawFail: Handler = raw({
  state: (c: Context) => ({
    room: c.req.param('room') ?? '',
    where: c.req.param('where') ?? '',
    how: c.req.param('how') ?? '',
  }),
  open: (c) => (c.state.where === 'open' ? fail(c.state.how) : undefined),
  message: (c, data) => (c.state.where === 'message' ? fail(c.state.how) : c.send(data)),
  close: (c, info) => {
    note(c.state.room, `raw close ${info.code}`)
    return c.state.where === 'close' ? fail(c.state.how) : undefined
  },
})
