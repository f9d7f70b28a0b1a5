import { Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { assets } from '../shared/assets.ts'
import { headers } from '../shared/headers.ts'
import { built } from './built.js'
import { Words } from './contract.ts'
import { lobbyPage } from './page/lobby.ts'
import { roomPage } from './page/room.ts'
import { roomScript } from './page/room-script.ts'
import { roomStyle } from './page/room-style.ts'
import { socketScript } from './page/socket-script.ts'
import { style } from './page/style.ts'
import { viewScript } from './page/view-script.ts'
import { friendlyName } from './names.ts'
import { room } from './room.ts'

const page = {
  'room.js': roomScript,
  'socket.js': socketScript,
  'view.js': viewScript,
  'room.css': style + roomStyle,
}

export const app = new Hono()
  .use(headers)
  .get('/', (c) => c.html(lobbyPage(friendlyName())))
  // A browser's visit is a plain GET: it falls through the socket to the page.
  .get('/chat/:room{[a-z0-9-]{1,32}}', room, (c) => c.html(roomPage(c.req.param('room'))))
  // Says something from outside a connection: curl, a cron job, a deploy.
  .post('/chat/:room{[a-z0-9-]{1,32}}/announce', csrf(), async (c) => {
    const words = Words.safeParse(await c.req.json().catch(() => undefined))
    if (!words.success) return c.json({ error: 'Send {"text":"…"}' }, 400)
    const message = {
      id: crypto.randomUUID(),
      from: 'Announcement',
      by: 'announcement',
      text: words.data.text,
      at: Date.now(),
    }
    await room
      .in(c)
      .channel('room/:room', { room: c.req.param('room') })
      .publish('said', message)
    return c.json(message)
  })
  .route('/', assets({ ...built, ...page }))
