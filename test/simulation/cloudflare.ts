/** What Cloudflare's runtime has and Node has not, on the clock of a simulation. */

/** Where time and sockets come from, as long as an object runs. */
export interface Platform {
  now(): number
  after(ms: number, task: () => void): () => void
  /** The server's end of a new pair. */
  newSocket(): object
}

class FakeResponse {
  readonly status: number
  readonly webSocket: unknown
  readonly headers: Headers
  readonly body: unknown

  constructor(body: unknown, { status = 200, webSocket, headers }: any = {}) {
    this.body = body
    this.status = status
    this.webSocket = webSocket
    this.headers = new Headers(headers)
  }

  static json(value: unknown): FakeResponse {
    return new FakeResponse(JSON.stringify(value))
  }
}

/** Puts it in the place of what Node has; the result undoes that. */
export function install(platform: Platform): () => void {
  const cancels = new Map<number, () => void>()
  let timers = 0
  const fakes: Record<string, unknown> = {
    setTimeout(task: () => void, ms = 0): number {
      const id = ++timers
      const run = (): void => {
        cancels.delete(id)
        task()
      }
      cancels.set(id, platform.after(ms, run))
      return id
    },
    clearTimeout(id: number): void {
      cancels.get(id)?.()
      cancels.delete(id)
    },
    Response: FakeResponse,
    WebSocketPair: function (): object {
      return { 0: {}, 1: platform.newSocket() }
    },
    WebSocketRequestResponsePair: function (): void {},
  }
  const undo = Object.entries(fakes).map(([name, fake]) => replace(globalThis, name, fake))
  undo.push(replace(Date, 'now', () => platform.now()))
  return () => {
    for (const each of undo) each()
  }
}

function replace(owner: object, name: string, fake: unknown): () => void {
  const known = Object.getOwnPropertyDescriptor(owner, name)
  Object.defineProperty(owner, name, { value: fake, configurable: true, writable: true })
  return () => {
    if (known) Object.defineProperty(owner, name, known)
    else Reflect.deleteProperty(owner, name)
  }
}
