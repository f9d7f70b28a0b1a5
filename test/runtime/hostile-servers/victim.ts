import { type Credential, bearer, channels, connect, stream } from '../../../src/client/index.ts'
import type { Fate } from './behaviours.ts'

/** What has become of a client. */
export interface Outcome {
  readonly status: string
  /** Codes of the ends of its connections. */
  readonly codes: number[]
}

export interface Fates {
  readonly byName: Record<string, Outcome>
  /** Exceptions and rejections that nobody has handled. */
  readonly problems: string[]
  /** Most credentials that were asked for at once for one client. */
  readonly mostAsked: number
  /** A server that means well was reached after all that. */
  readonly lives: boolean
  /** How long it lasted before. */
  readonly sufferedMs: number
}

/**
 * Runs on each runtime, and in a page: a client for each name, that does what clients do, for `ms` and until those
 * have come back, or stay away, that should. Nothing of what the servers do is an exception.
 */
export async function suffer(
  at: (name: string) => string,
  awaited: Readonly<Record<string, Fate>>,
  ms: number,
  Native?: typeof WebSocket,
): Promise<Fates> {
  const problems: string[] = []
  const note = (problem: unknown): void =>
    void (problems.length < 20 && problems.push(String(problem)))
  const process = (globalThis as { process?: { on?: (type: string, note: unknown) => void } })
    .process
  process?.on?.('uncaughtException', note)
  process?.on?.('unhandledRejection', note)
  globalThis.addEventListener?.('unhandledrejection', (event) => {
    event.preventDefault()
    note((event as unknown as { reason: unknown }).reason)
  })
  globalThis.addEventListener?.('error', (event) => {
    event.preventDefault()
    note((event as unknown as { error: unknown }).error)
  })

  const options = Native ? { WebSocket: Native } : {}
  let mostAsked = 0
  const counted = (): Credential => {
    let asking = 0
    return bearer(async () => {
      mostAsked = Math.max(mostAsked, ++asking)
      await new Promise((resolve) => setTimeout(resolve, 5))
      asking--
      return 'token'
    })
  }
  const clients = Object.entries(awaited).map(([name, fate]) => {
    const wants = name.includes('credential') ? { credential: counted() } : {}
    const socket = connect(`${at(name)}/${encodeURIComponent(name)}`, { ...options, ...wants })
    const codes: number[] = []
    socket.onStatus((_, why) => why && codes.push(why.code))
    socket.onError(() => {})
    socket.on('news', () => {})
    const room = channels(socket).join('room/1')
    room.onReset(() => {})
    room.on('said', () => {})
    const ask = (): void => void socket.request('ask', 1, { timeoutMs: 500 }).catch(() => {})
    ask()
    // Says much, so that something is said in each moment of a connection's life.
    const talk = setInterval(() => {
      ask()
      try {
        socket.send('tick', 1)
      } catch {
        // The queue may be full, and the socket closed for good.
      }
    }, 50)
    void (async () => {
      try {
        for await (const _ of stream(socket, 'items', 1, { timeoutMs: 1000 }));
      } catch {
        // It has ended somehow.
      }
    })()
    return { name, fate, socket, codes, stop: () => clearInterval(talk) }
  })
  const begin = performance.now()
  const passed = (): number => performance.now() - begin
  const isOver = ({ fate, codes, socket }: (typeof clients)[number]): boolean =>
    fate === 'stays' || socket.status === 'closed' || (fate === 'retries' && codes.length > 1)
  // A busy machine takes its time.
  while (passed() < ms || (passed() < ms + 20_000 && !clients.every(isOver))) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const sufferedMs = passed()

  const byName: Record<string, Outcome> = {}
  for (const { name, socket, codes, stop } of clients) {
    stop()
    byName[name] = { status: socket.status, codes }
    socket.close()
  }
  const well = connect(at(''), options)
  const lives = await new Promise<boolean>((resolve) => {
    well.onStatus((status) => status === 'open' && resolve(true))
    setTimeout(() => resolve(false), 20_000)
  })
  well.close()
  return { byName, problems, mostAsked, lives, sufferedMs }
}
