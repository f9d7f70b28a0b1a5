import { type Backoff, LASTED_MS, type Pauses, pauses } from './backoff.ts'
import { RequestError } from './errors.ts'
import { DIAL_MS, type Io } from './line.ts'

type Message = string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>

/** Options of {@linkcode reconnecting}. */
export interface ReconnectingOptions {
  /** Pauses between attempts. */
  backoff?: Backoff
  /** Messages that may wait for a connection. @default {128} */
  maxWaiting?: number
  /** Sockets other than the platform's own. */
  WebSocket?: typeof WebSocket
}

/** A `WebSocket` that comes back. */
export class Reconnecting extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3
  readonly url: string
  onopen: ((event: Event) => void) | null = null
  onmessage: ((event: MessageEvent) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  onclose: ((event: CloseEvent) => void) | null = null
  readonly #protocols: string | string[] | undefined
  readonly #options: ReconnectingOptions
  readonly #Native: typeof WebSocket
  readonly #timers: Io['timers']
  #socket: WebSocket | undefined
  #binaryType: BinaryType = 'blob'
  readonly #rest: Pauses
  /** Whether the pause may be cut short. */
  #isHasty = false
  #readyState = 0
  #waiting: Message[] = []
  #cancel = (): void => {}

  constructor(
    url: string,
    protocols: string | string[] | undefined,
    options: ReconnectingOptions,
    Native: typeof WebSocket,
    timers: Io['timers'],
  ) {
    super()
    this.url = url
    this.#protocols = protocols
    this.#options = options
    this.#Native = Native
    this.#timers = timers
    this.#rest = pauses(timers, options.backoff)
    this.#dial()
  }

  /** `CONNECTING` while it is away, too. */
  get readyState(): number {
    return this.#readyState
  }

  get protocol(): string {
    return this.#socket?.protocol ?? ''
  }

  get extensions(): string {
    return this.#socket?.extensions ?? ''
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }

  set binaryType(type: BinaryType) {
    this.#binaryType = type
    if (this.#socket) this.#socket.binaryType = type
  }

  /**
   * Sends it, or keeps it for the next connection.
   *
   * @throws {RequestError} `queue_full` if too much waits
   */
  send(data: Message): void {
    if (this.#readyState === 1) this.#socket!.send(data as string)
    else if (this.#readyState === 0) {
      if (this.#waiting.length >= (this.#options.maxWaiting ?? 128)) {
        throw new RequestError('queue_full')
      }
      this.#waiting.push(data)
    }
  }

  /** Closes for good. */
  close(code?: number, reason?: string): void {
    if (this.#readyState > 1) return
    const isOver = !this.#socket
    this.#socket?.close(code, reason)
    this.#readyState = 2
    this.#cancel()
    if (isOver) this.#over(code ?? 1005, reason ?? '', true)
  }

  /** Tries sooner to have a connection: for when the network or the page is back. */
  check(): void {
    if (!this.#isHasty) return
    this.#isHasty = false
    // Pauses begin anew, but not with each of many events.
    this.#rest.reset()
    this.#after(this.#rest.next(), () => this.#dial())
  }

  #dial(): void {
    this.#isHasty = false
    // The platform says what is wrong with an address.
    const socket = (this.#socket = new this.#Native(this.url, this.#protocols))
    socket.binaryType = this.#binaryType
    // An error that nobody hears ends the process, with `ws`. A close follows.
    socket.onerror = () => {}
    socket.onopen = () => this.#opened()
    socket.onmessage = ({ data, origin }) =>
      this.#tell(new MessageEvent('message', { data, origin }))
    socket.onclose = ({ code, reason, wasClean }) => this.#lost(code, reason, wasClean)
    // The platform may wait for minutes.
    this.#after(DIAL_MS, () => {
      socket.onopen = socket.onclose = null
      socket.close()
      this.#lost(1006, '', false)
    })
  }

  #opened(): void {
    // It may have been closed meanwhile.
    if (this.#readyState > 1) return
    this.#readyState = 1
    this.#after(LASTED_MS, () => this.#rest.reset())
    this.#tell(new Event('open'))
    const waiting = this.#waiting
    this.#waiting = []
    for (const data of waiting) this.send(data)
  }

  #lost(code: number, reason: string, wasClean: boolean): void {
    this.#socket = undefined
    // The ranges that end it, and with them a credential that one cannot renew here.
    if (this.#readyState > 1 || /^4[015-9]/.test(`${code}`)) {
      return this.#over(code, reason, wasClean)
    }
    this.#readyState = 0
    const asked = code === 1013 ? this.#rest.overload() : undefined
    this.#isHasty = !asked
    this.#after(this.#rest.next(asked), () => this.#dial())
    this.#tell(new Event('error'))
  }

  #over(code: number, reason: string, wasClean: boolean): void {
    this.#cancel()
    this.#isHasty = false
    this.#readyState = 3
    this.#waiting = []
    this.#tell(Object.assign(new Event('close'), { code, reason, wasClean }))
  }

  #after(ms: number, task: () => void): void {
    this.#cancel()
    this.#cancel = this.#timers.after(ms, task)
  }

  #tell(event: Event): void {
    this.dispatchEvent(event)
    const listeners = this as unknown as Record<string, ((event: Event) => void) | null>
    listeners[`on${event.type}`]?.(event)
  }
}
