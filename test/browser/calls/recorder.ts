/** Runs in the page: a client of the app, and all that it is told. */
import { type QueueOptions, bearer, createClient, offline, reconnecting } from 'denwa/client'
import { hc } from 'hono/client'
import type { App } from './app.ts'

export interface Entering {
  readonly name: string
  readonly room: string
  /** @default 'calls' */
  readonly by?: 'calls' | 'brisk' | 'private' | undefined
  /** Goes on where the page was when it was left. */
  readonly goesOn?: boolean
  /**
   * What it shows on `private`, one after the other; the last one again and again. `ann.+6000` is good for six
   * seconds from then on, `!` is none: it throws.
   */
  readonly tokens?: readonly string[]
  readonly queue?: QueueOptions
  /** What every die of the page shows. */
  readonly random?: number
}

/** What came, in the order in which it came. */
export interface Seen {
  /** With the close code, if there is one. */
  readonly statuses: string[]
  /** When they came, and how long a pause was to be, in milliseconds. */
  readonly times: { at: number; pauseMs: number | undefined }[]
  /** Why it was closed for good. */
  readonly reasons: string[]
  readonly heard: { offset: number | undefined; from: string; text: string }[]
  readonly resets: string[]
  /** `+ann` and `-ann`. */
  readonly presence: string[]
  readonly welcomes: string[]
  readonly errors: string[]
  /** How each request has ended, by what was said; one that ends twice is there twice. */
  readonly outcomes: Record<string, string[]>
  /** Whether a new credential was wanted, each time that one was. */
  readonly asked: boolean[]
  /** The credentials that were given. */
  readonly shown: string[]
  /** Items of a stream. */
  readonly dripped: number[]
}

export type Recorder = ReturnType<typeof enter>

/** Tests are of what is lost, and not of how long it takes. */
const timeoutMs = 60_000

function enter({ name, room, by = 'calls', goesOn, tokens, queue, random }: Entering) {
  if (random !== undefined) Math.random = () => random
  const before = goesOn && JSON.parse(sessionStorage.getItem('call')!)
  const seen: Seen = {
    ...{ statuses: ['connecting'], times: [{ at: performance.now(), pauseMs: undefined }] },
    ...{ reasons: [], heard: before?.heard ?? [], resets: [], presence: [] },
    ...{ welcomes: [], errors: [], outcomes: {}, asked: [], shown: [], dripped: [] },
  }
  const token = async (renew: boolean): Promise<string> => {
    seen.asked.push(renew)
    const given = tokens![Math.min(seen.asked.length, tokens!.length) - 1]!
    if (given === '!') throw new Error('no token')
    const shown = given.replace(/[+-]\d+$/, (ms) => `${Date.now() + Number(ms)}`)
    seen.shown.push(shown)
    return shown
  }
  const client = createClient<App>(location.origin, {
    ...(tokens && { credential: bearer(token) }),
    ...(queue && { queue: offline(queue) }),
  })
  const socket = client[by][':room'].$ws({ param: { room }, query: { name } })
  socket.onStatus((status, why) => {
    seen.times.push({ at: performance.now(), pauseMs: why?.retryAfterMs })
    seen.statuses.push(why ? `${status} ${why.code}` : status)
    if (status === 'closed') seen.reasons.push(why!.reason)
  })
  socket.onError(({ code }) => seen.errors.push(code))
  socket.on('welcome', ({ name }) => seen.welcomes.push(name))

  const since = before?.positions[`room/${room}`]
  const channel = socket.channel('room/:room', { room }, { since })
  addEventListener('pagehide', () => {
    const kept = { heard: seen.heard, positions: socket.positions() }
    sessionStorage.setItem('call', JSON.stringify(kept))
  })
  channel.on('said', (said) => seen.heard.push({ offset: channel.position?.[1], ...said }))
  channel.onReset((reason) => seen.resets.push(reason))
  channel.presence.on('join', ({ name }) => seen.presence.push(`+${name}`))
  channel.presence.on('leave', ({ name }) => seen.presence.push(`-${name}`))

  const end = (what: string, how: string): void => void (seen.outcomes[what] ??= []).push(how)
  const ends = (what: string, request: Promise<unknown>): void => {
    request.then(
      () => end(what, 'ok'),
      ({ code }) => end(what, code),
    )
  }
  return {
    seen,
    socket,
    /** Who is there now. */
    members: () => channel.presence.list().map(({ name }) => name),
    isJoined: () => channel.status === 'joined',
    say: (...texts: string[]) =>
      texts.forEach((text) => ends(text, socket.request('say', text, { timeoutMs }))),
    /** Each with a key. */
    sayOnce: (...texts: string[]) =>
      texts.forEach((text) =>
        ends(text, socket.request('say', text, { key: crypto.randomUUID(), timeoutMs })),
      ),
    mutter: (...texts: string[]) => texts.forEach((text) => socket.send('mutter', text)),
    hang: (what: string) => ends(what, socket.request('hang', null)),
    /** Its items are told of as they come. */
    drip(what: string) {
      const read = async (): Promise<void> => {
        for await (const item of socket.request('drip', null)) seen.dripped.push(item)
      }
      ends(what, read())
    },
    async count(to: number): Promise<number[]> {
      const items: number[] = []
      for await (const item of socket.request('count', to)) items.push(item)
      return items
    },
    /** Says something on a socket that is only there for that, and until all have been told. */
    async drop(name: string, text: string): Promise<() => string> {
      await using brief = client.calls[':room'].$ws({ param: { room }, query: { name } })
      const { presence } = brief.channel('room/:room', { room })
      const isTold = new Promise<void>((resolve) =>
        presence.on('join', (member) => member.name === name && resolve()),
      )
      await brief.request('say', text)
      await isTold
      return () => brief.status
    },
  }
}

/** A socket without a contract, through Hono's client: all that it tells. */
function echo(): { socket: WebSocket; told: string[] } {
  const client = hc<App>(location.origin, {
    webSocket: (url, protocols) => reconnecting(url, protocols, { backoff: { minMs: 100 } }),
  })
  const socket = client.echo.$ws()
  const told: string[] = []
  for (const type of ['open', 'message', 'error', 'close'] as const) {
    socket.addEventListener(type, (event) =>
      told.push('data' in event ? `${type} ${event.data}` : type),
    )
  }
  return { socket, told }
}

declare global {
  /** Of the page; another one after a reload. */
  var call: Recorder
  var enterCall: (entering: Entering) => void
  var openEcho: typeof echo
}

globalThis.enterCall = (entering) => void (globalThis.call = enter(entering))
globalThis.openEcho = echo
