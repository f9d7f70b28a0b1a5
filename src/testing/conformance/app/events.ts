import { Hono } from 'hono'
import { type Observation, type Observers, observe } from '../../../observe.ts'
import { late, refuse } from './in-front.ts'
import { main } from './main.ts'
import { rawEcho } from './raw-sockets.ts'

/** Most that are kept of one route: the latest. */
const MAX_EVENTS = 500

interface Heard {
  total: number
  readonly events: Observation[]
}
const heard = new Map<string, Heard>()

const TYPES = {
  error: true,
  refused: true,
  granted: true,
  open: true,
  received: true,
  sent: true,
  handled: true,
  published: true,
  drop: true,
  slow: true,
  close: true,
} satisfies Record<Observation['type'], true>

/** By their route, or else their channel. What was thrown is for the operator alone. */
function hear(event: Observation): void {
  const { route = '', channel = '' } = event as { route?: string; channel?: string }
  const of = route || channel
  if (!of.startsWith('/observed') && event.type !== 'published') return
  const all = heard.get(of) ?? { total: 0, events: [] }
  all.total++
  all.events.push(event.type === 'error' ? { ...event, error: undefined } : event)
  if (all.events.length > MAX_EVENTS) all.events.shift()
  heard.set(of, all)
}
observe(Object.fromEntries(Object.keys(TYPES).map((type) => [type, hear])) as Observers)

/** Sockets whose observers tell over HTTP what they hear: `/events?of=/observed/:room`. */
export const observed: Hono = new Hono()

observed
  .get('/events', (c) => c.json(heard.get(c.req.query('of') ?? '') ?? { total: 0, events: [] }))
  .get('/observed/:room', main)
  .get('/observed-raw', rawEcho)
  .get('/observed-refused/:room', refuse, main)
  .get('/observed-late/:how/:room', late, main)
observed.route('/observed-below', new Hono().all('/:room/*', main))
