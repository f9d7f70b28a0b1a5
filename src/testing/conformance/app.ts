/**
 * The app that every runtime under test serves. Each typed socket lives in a room, so in a Durable
 * Object too.
 *
 * @module
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { etag } from 'hono/etag'
import { origin, subprotocol } from '../../handshake.ts'
import { observe } from '../../observe.ts'
import { observed } from './app/events.ts'
import { guarded } from './app/guards.ts'
import { counted, decorate, endlessGuard, late, refuse, slowGuard, stack } from './app/in-front.ts'
import { expel, keep, main, publish, silence } from './app/main.ts'
import { policed } from './app/policies.ts'
import { readers } from './app/readers.ts'
import { rawEcho, rawFail, rawIdentity, rawProtocol, rawTypes } from './app/raw-sockets.ts'
import { note, notesOf } from './app/trace.ts'

export { fountain, rawFountain } from './app/fountain.ts'
export { ticketsIn } from './app/guards.ts'
export { main } from './app/main.ts'
export { rawEcho, rawFail, rawIdentity, rawProtocol, rawTypes } from './app/raw-sockets.ts'
export { note } from './app/trace.ts'

observe((event) => {
  if (event.type === 'error') note('observed', event.where)
})

const app: Hono = new Hono()
export { app }

app.get('/health', (c) => c.text('ok'))
app.get('/trace/:room', (c) => c.json(notesOf(c.req.param('room'))))
app.get('/polluted', (c) => c.json('polluted' in {}))

app.get('/socket/:room', main)
app.get('/page/:room', main, (c) => c.html('<h1>a page</h1>'))
app.get('/counted/:room', counted('guard'), main)
app.post('/publish/:room', async (c) => {
  await publish(c, c.req.param('room'), await c.req.text())
  return c.json({ published: true })
})
app.post('/expel/:room/:user', async (c) =>
  c.json(await expel(c, c.req.param('room'), c.req.param('user'))),
)
app.post('/silence/:room/:user', async (c) =>
  c.json(await silence(c, c.req.param('room'), c.req.param('user'))),
)
app.post('/keep/:room', async (c) => {
  await keep(c, c.req.param('room'), await c.req.json())
  return c.json({ kept: true })
})

app.use('/stack/*', ...stack, decorate).get('/stack/:room', main)
app.get('/heavy/:room', compress(), etag(), bodyLimit({ maxSize: 100 }), main)
app.get('/refuse/:room', refuse, main)
app.get('/late/:how/:room', late, main)
app.get('/guarded/:room', slowGuard, main)
app.get('/endless/:room', endlessGuard, main)

const listed = ['https://app.example', 'https://*.preview.example', 'capacitor://localhost']
app.get('/listed/:room', origin(listed), main)
app.get('/other/:room', origin('https://other.example'), main)
app.get(
  '/asked/:room',
  origin((value) => value === 'https://asked.example'),
  main,
)
app.get('/named/:room', origin('self', { hosts: ['127.0.0.1', 'localhost'] }), main)
app.get('/local/:room', origin(listed, { localhost: true }), main)
app.get('/null/:room', origin(listed, { allowNull: true }), main)
app.get('/absent/:room', origin(listed, { absent: 'refuse' }), main)

app.route('/', policed)

app.route('/', guarded)

app.route('/', observed)

app.route('/', readers)

app.get('/raw', rawEcho)
app.get('/raw-guarded', slowGuard, rawEcho)
app.get('/raw-types', rawTypes)
app.get('/raw-identity', rawIdentity)
app.get('/raw-protocol', subprotocol(['chat.v1', 'chat.v2']), rawProtocol)
app.get('/raw-fail/:room/:where/:how', rawFail)
app.get('/raw-late/:how', late, rawEcho)
