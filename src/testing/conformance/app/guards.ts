import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { every, except, some } from 'hono/combine'
import { HTTPException } from 'hono/http-exception'
import { logger } from 'hono/logger'
import {
  type CredentialOptions,
  type TicketStore,
  addressKey,
  capacity,
  clientAddress,
  credential,
  memoryTickets,
  origin,
  subprotocol,
  ticket,
  tickets,
} from '../../../handshake.ts'
import { heartbeat } from '../../../heartbeat.ts'
import { observe } from '../../../observe.ts'
import { slowGuard } from './in-front.ts'
import { main } from './main.ts'
import { rawEcho, rawProtocol } from './raw-sockets.ts'
import { note } from './trace.ts'

/** The sockets behind policies for their handshake. */
export const guarded: Hono = new Hono()

type User = { user: string; expiresInMs?: number }
type Users = Partial<CredentialOptions<User>>

const roomOf = (c: Context): string => c.req.param('room') ?? ''
const page = (c: Context): Response => c.text('a page')

/** `ann`, or `ann.1000` for a life of a second. */
async function verify(token: string): Promise<User | null> {
  const [user = '', expiresInMs] = token.split('.')
  if (user === 'never') return new Promise(() => {})
  if (user === 'slow') await new Promise((resolve) => setTimeout(resolve, 100))
  if (user === 'broken') throw new Error(`secret: ${token}`)
  if (user === 'bad') return null
  return { user, ...(expiresInMs !== undefined && { expiresInMs: Number(expiresInMs) }) }
}

function users(options: Users = {}): MiddlewareHandler {
  return credential<User>({
    verify,
    subject: ({ user }) => user,
    graceMs: 1500,
    key: roomOf,
    ...options,
  })
}

/** Refuses who does not ask for it by its name. */
const asked =
  (name: string): MiddlewareHandler =>
  async (c, next) => {
    if (c.req.query(name) === undefined) throw new HTTPException(403, { message: `not ${name}` })
    await next()
  }
const anybody: MiddlewareHandler = (_, next) => next()

observe({
  refused: ({ route, status, why }) => note(`refused-${route.split('/')[1]}`, `${status} ${why}`),
})

guarded
  .get('/bearer/:room', users(), main, page)
  .get('/bearer-close/:room', users({ refuse: 'close' }), main, page)
  .get('/cookie/:room', users({ from: ['cookie:session'], refuse: 'close' }), main, page)
  .get('/frame/:room', users({ from: ['header', 'frame'], frameMs: 5000 }), main)
  .get('/hasty/:room', users({ from: ['frame'], frameMs: 300 }), main)
  .get('/raw-bearer/:room', users({ refuse: 'close' }), subprotocol(['chat.v1']), rawProtocol)
  .get('/raw-frame/:room', users({ from: ['header', 'frame'] }), rawEcho)

guarded
  .use('/used/*', users())
  .get('/used/:room', main, page)
  .get('/either/:room', some(users(), asked('guest')), main, page)
  .get('/both/:room', every(users(), asked('guest')), main, page)
  .get(
    '/unless/:room',
    except((c) => c.req.query('public') !== undefined, users()),
    main,
    page,
  )
  .get(
    '/taken-back/:room',
    some(every(users(), heartbeat({ intervalMs: 9000 }), asked('inside')), anybody),
    main,
  )
  .use('/beats/*', heartbeat({ intervalMs: 20_000, timeoutMs: 5000 }))
  .get('/beats/:room', heartbeat({ timeoutMs: 4000 }), main)
  .get('/pages/:room', some(origin('https://a.example'), origin('https://b.example')), main)

const translated = new Hono()
  .get('/translated/:room', users(), main)
  .onError((error, c) =>
    error instanceof HTTPException
      ? c.json({ status: error.status, why: error.message }, 418)
      : c.text('broken', 500),
  )
guarded.route('/', translated)

const key = roomOf
const few = capacity({ max: 2, key, retryAfterMs: 1500 })
const refusable: MiddlewareHandler = (c, next) =>
  c.req.query('refuse') === undefined ? next() : Promise.reject(new HTTPException(403))
guarded
  .get('/few/:room', few, refusable, slowGuard, main, page)
  .get('/few-users/:room', capacity({ max: 3, key }), users(), main)
  .get('/few-raw/:room', capacity({ max: 1, key }), rawEcho)
  .get('/address', (c) => c.text(addressKey(clientAddress(c))))
  .get('/near/:room', capacity({ max: 2, key: 'address' }), main)
  .get(
    '/tries/:room',
    capacity({ max: 1000, key: 'address', attempts: { max: 10, windowMs: 60_000 } }),
    main,
  )
  .get(
    '/networks/:room',
    capacity({
      max: 1000,
      key: (c) => `${roomOf(c)} ${addressKey(c.req.header('x-client'))}`,
      attempts: { max: 3, windowMs: 60_000 },
    }),
    main,
  )

/** An app that knows nothing of the one around it. */
const inside = new Hono().get('/:room', main)
guarded
  .use('/mounted/*', capacity({ max: 1, key: (c) => c.req.path }))
  .mount('/mounted', inside.fetch)
  .use('/mounted-frame/*', users({ from: ['frame'], key: (c) => c.req.path }))
  .mount('/mounted-frame', inside.fetch)
  .use('/mounted-bearer/*', users({ key: (c) => c.req.path }), origin('https://app.example'))
  .mount('/mounted-bearer', inside.fetch)
  .use('/mounted-page/*', users({ from: ['frame'], key: (c) => c.req.path }))
  .mount('/mounted-page', new Hono().get('/:room', (c) => c.text('secret')).fetch)

let store: TicketStore = memoryTickets()
/** Where tickets wait, if not in memory. */
export function ticketsIn(another: TicketStore): void {
  store = another
}
const shared: TicketStore = {
  put: (...given) => store.put(...given),
  take: (...given) => store.take(...given),
}
const desk = tickets<User>(shared)
const hasty = tickets<User>(shared, { ttlMs: 100 })

guarded
  .post('/ticket/:room', async (c) => {
    const path = c.req.query('path') ?? `/ticketed/${roomOf(c)}`
    const from = c.req.query('hasty') === undefined ? desk : hasty
    return c.text(await from.issue(c, { path, value: { user: 'ann' } }))
  })
  .use('/ticketed/*', (c, next) => {
    const room = c.req.path.split('/').at(-1) ?? ''
    const from = addressKey(clientAddress(c))
    note(`seen-${room}`, `${c.req.url} ${JSON.stringify(c.req.query())} from ${from}`)
    return logger((line) => note(`seen-${room}`, line))(c, next)
  })
  .get('/ticketed/:room', ticket(desk), main)
  .get('/ticketed-close/:room', ticket({ ...desk, refuse: 'close' }), main)
