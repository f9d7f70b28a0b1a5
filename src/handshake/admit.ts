import { emit } from '../observe.ts'
import {
  GUARD_TIMEOUT_MS,
  HANDOVER,
  type Handover,
  CLOSES,
  MARK_STATUS,
  type Timers,
  type Upgrade,
} from '../runtime/port.ts'
import { refusal } from './refusal.ts'
import { asksForEvents } from './knock.ts'
import { hasToken } from './request.ts'
import { switchingHeaders } from './switching.ts'
import { type App, told } from './told.ts'

export type { App } from './told.ts'

/** What policies do to a request before any middleware sees it. */
export const beforehand: ((request: Request, handover: Handover, env: object) => void)[] = []

/** The app let the handshake pass: what is left to do, and the headers that the 101 carries. */
export interface Admitted {
  readonly upgrade: Upgrade
  readonly headers: Headers
}

/**
 * Runs the app over a WebSocket handshake. The upgrade is the last step: it is granted only if the
 * response of the socket route comes back through all middleware, and then with all that the
 * middleware put on it.
 */
export async function admit(
  app: App,
  request: Request,
  env: object,
  timers: Timers,
  context?: unknown,
): Promise<Admitted | Response> {
  const events = asksForEvents(request)
  if (request.method !== 'GET' && !events) {
    return told(app, request, refusal(405, 'A WebSocket handshake is a GET', { Allow: 'GET' }))
  }
  const handover: Handover = { mark: crypto.randomUUID(), timers, events, held: [] }
  for (const each of beforehand) each(request, handover, env)
  let response: Response
  let cancel: (() => void) | undefined
  const late = new Promise<Response>((resolve) => {
    cancel = timers.after(GUARD_TIMEOUT_MS, () =>
      resolve(refusal(503, 'The handshake took too long', { 'Retry-After': '5' })),
    )
  })
  try {
    const bindings = { ...env, [HANDOVER]: handover }
    response = await Promise.race([app.fetch(request, bindings, context), late])
  } catch (error) {
    // Hono answers what is an Error by itself; what is left is a thrown value of another kind.
    emit({ type: 'error', error, where: 'handshake' })
    response = refusal(500, 'Internal Server Error')
  }
  cancel?.()
  const { upgrade, held, mark } = handover
  handover.held = undefined
  const undo = held?.length ? () => held.forEach((undone) => undone()) : undefined
  const granted = response.status === MARK_STATUS && response.statusText === mark
  // Hono gives the headers of a response to the one that takes its place, so these prove little.
  const { status, headers } = response
  const closes = headers.get(CLOSES) === mark && status === handover.refused?.status
  if (upgrade && (granted || closes)) {
    if (!granted) told(app, request, response, handover)
    upgrade.ended = undo
    return { upgrade, headers: switchingHeaders(headers, upgrade.snapshot.protocol) }
  }
  undo?.()
  // A page, or what stops a client that was told to stay away
  if (events && response.ok) return response
  return closing(told(app, request, response, handover))
}

/** Bytes after a refused handshake must not be read as another request. */
function closing(response: Response): Response {
  // Upgraded by something else
  if (response.status === 101) return response
  const closed = new Response(response.body, response)
  closed.headers.delete(CLOSES)
  if (!hasToken(closed.headers.get('Connection'), 'close')) {
    closed.headers.set('Connection', 'close')
  }
  return closed
}
