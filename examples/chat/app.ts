import { rateLimit } from 'denwa/middleware'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { csrf } from 'hono/csrf'
import { assets } from '../shared/assets.ts'
import { headers } from '../shared/headers.ts'
import { friendlyName } from '../shared/names.ts'
import { built } from './built.js'
import { Words } from './contract.ts'
import { lobbyPage } from './page/lobby.ts'
import { roomPage } from './page/room.ts'
import type { Room } from './room.ts'

export type ChatApp = ReturnType<typeof chatApp>

export const chatApp = (room: Room) =>
  new Hono()
    .use(headers)
    .get('/', (c) => c.html(lobbyPage(friendlyName())))
    // All that a page has waiting may come at once.
    .use('/chat/*', rateLimit({ messages: 200, windowMs: 20_000 }))
    // A browser's visit is a plain GET: it falls through the socket to the page.
    .use('/chat/:room/*', async (c, next) =>
      /^[a-z0-9-]{1,32}$/.test(c.req.param('room')) ? next() : c.notFound(),
    )
    .get('/chat/:room', room, (c) => c.html(roomPage(c.req.param('room'))))
    // Says something from outside a connection: curl, a cron job, a deploy.
    .post('/chat/:room/announce', csrf(), bodyLimit({ maxSize: 16_384 }), async (c) => {
      const words = Words.safeParse(await c.req.json().catch(() => undefined))
      if (!words.success) return c.json({ error: 'Send {"text":"…"}' }, 400)
      const { id = crypto.randomUUID(), text } = words.data
      const message = { id, from: 'Announcement', by: 'announcement', text, at: Date.now() }
      await room
        .in(c)
        .channel('room/:room', { room: c.req.param('room') })
        .publish('said', message)
      return c.json(message)
    })
    .route('/', assets(built))
