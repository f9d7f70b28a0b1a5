// Policies are Hono middleware, and compose with Hono's own combinators.
import { origin } from 'denwa/handshake'
import { Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { every, some } from 'hono/combine'
import { validator } from 'hono/validator'
import { type Env, room } from './room.ts'

declare const isService: (token: string) => Promise<boolean>

const browser = origin(['https://chat.example', 'https://*.preview.example'])
const service = bearerAuth({ verifyToken: isService })
const admit = every(some(service, browser))

export const app = new Hono<Env>()
  .use('/chat/*', admit)
  .get('/chat/:room', room)
  .post('/chat/:room/announce', async (c) => {
    await room
      .in(c)
      .channel('room/:room', { room: c.req.param('room') })
      .publish('said', { id: 'a', from: 'system', text: await c.req.text(), at: 0 })
    return c.json({ ok: true })
  })
  // A validator in front keeps its input in the type of the route.
  .get(
    '/lobby',
    validator('query', (query) => ({ as: String(query.as) })),
    room,
  )
  .get('/health', (c) => c.text('ok'))

export type App = typeof app
