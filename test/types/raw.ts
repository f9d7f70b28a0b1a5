import { raw } from 'denwa'
import { subprotocol } from 'denwa/handshake'
import { type Context, Hono } from 'hono'
import { expectTypeOf } from 'vitest'

export const app = new Hono().get(
  '/raw',
  subprotocol(['graphql-transport-ws']),
  raw({
    state: (c: Context<{ Variables: { user: string } }>) => ({ user: c.var.user }),
    open: (c) => expectTypeOf(c.state).toEqualTypeOf<Readonly<{ user: string }>>(),
    message(c, data) {
      expectTypeOf(data).toEqualTypeOf<string | Uint8Array>()
      c.send(data)
      // @ts-expect-error not on the wire as it is
      c.send({ text: 'hello' })
      // @ts-expect-error the state is read only
      c.state.user = 'another'
    },
    close: (c, { code }) => c.close(code, c.protocol),
  }),
)

// @ts-expect-error no such handler
raw({ messages: {} })
// @ts-expect-error a state is JSON
raw({ state: () => ({ at: () => 0 }) })
