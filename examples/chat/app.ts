import { Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { Words } from './contract.ts'
import { lobbyPage } from './page/lobby.ts'
import { roomPage } from './page/room.ts'
import { assets } from './page/assets.ts'
import { friendlyName } from './names.ts'
import { room } from './room.ts'

const own = ["'self'"]
const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: own,
    styleSrc: own,
    imgSrc: own,
    connectSrc: own,
    baseUri: ["'none'"],
    formAction: own,
    frameAncestors: ["'none'"],
  },
  // Served over plain HTTP on this machine; whoever terminates TLS sets it.
  strictTransportSecurity: false,
})

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
  .get('/assets/:file', (c) => {
    const asset = assets.get(c.req.param('file'))
    if (!asset) return c.notFound()
    return c.body(asset.text, 200, { 'Content-Type': asset.type, 'Cache-Control': 'no-cache' })
  })
