import { SocketError, refusalOf } from '../errors.ts'
import { digest } from '../keys/digest.ts'
import { memoryKeys } from '../keys/memory.ts'
import { KEEP_MS, type KeyStore, type Keyed, type Known } from '../keys/port.ts'
import { errorFrame } from '../protocol/frame.ts'
import { type Call, DEADLINE, INTERNAL, LOST, isAbort } from './call.ts'
import { SKIPPED, isThenable } from './compose.ts'
import type { Connection } from './connection.ts'
import { subjectOf } from './followers.ts'
import { rules } from './rules.ts'
import { Running } from './running.ts'
import { mustPass } from './schema.ts'

/** How an application has requests with a key remembered. */
export interface KeysOptions {
  readonly store?: KeyStore
  readonly subject?: (c: Connection) => string | undefined
}

/** What a frame says of its key. */
interface Asked {
  readonly key?: unknown
  readonly again?: unknown
  readonly data?: unknown
}

const MIN_LENGTH = 16
const MAX_LENGTH = 128

const CONFLICT = new SocketError('conflict', 'the key is that of another request')
const FULL = new SocketError('overloaded', 'too many keys', { retryAfterMs: 30_000 })
const AWAY = new SocketError('unavailable', 'keys are out of reach', { retryAfterMs: 1000 })

/** Requests that may be repeated: each is done once, and answered as often as it is asked. */
export class Keys {
  readonly #options: KeysOptions
  readonly #isGuarded: boolean
  /** By name and user; the oldest first. */
  readonly #running = new Map<string, Running>()
  #store: KeyStore | undefined

  /** `isGuarded`: there is middleware around handlers. */
  constructor(options: KeysOptions, isGuarded: boolean) {
    this.#options = options
    this.#isGuarded = isGuarded
    this.#store = options.store
  }

  /** Made when it is wanted: a Worker has no chance before. */
  get store(): KeyStore {
    return (this.#store ??= memoryKeys())
  }

  /** Takes a request whose payload is good. */
  handle(call: Call, { key, again, data }: Asked, timeoutMs: number): void {
    const { connection: c, route } = call
    const wrong = route.kind === 'stream' ? 'a stream has none' : whatIsWrong(key)
    if (wrong !== undefined) {
      const error = new SocketError('invalid', `"${route.type}" cannot have this key`)
      const issues = [{ path: ['key'], message: wrong }]
      call.answer(errorFrame(call.requestId, error, issues), error.code)
      return
    }
    const { subject } = this.#options
    const request: Keyed = {
      name: JSON.stringify([c.snapshot.route, route.type, key]),
      who: (subject ? subject(c) : subjectOf(c.snapshot.follows)) ?? '',
      input: digest(JSON.stringify(data) ?? ''),
    }
    const id = request.name + request.who
    let running = this.#running.get(id)
    if (running && running.input !== request.input) throw CONFLICT
    const isFirst = !running
    running ??= this.#newRunning(call, id, request.input)
    running.lasts(timeoutMs)
    if (isFirst) {
      this.#begin(request, again, running).then((body) => {
        if (this.#running.get(id) === running) this.#running.delete(id)
        running.end(body)
      })
    }
    const answer = running.wait(call, isFirst)
    call.begin(timeoutMs)
    call.follow(answer, (body) => {
      if (!call.done) call.answer(`{"id":${call.requestId},${body.slice(1)}`, codeOf(body))
    })
  }

  #newRunning(call: Call, id: string, input: string): Running {
    const running = new Running(input, call)
    for (const [old, { since }] of this.#running) {
      // Their handlers may be gone with their connections, as in a Worker.
      if (since > running.since - KEEP_MS) break
      this.#running.delete(old)
    }
    this.#running.set(id, running)
    return running
  }

  /** The body of the answer: from what is known, or from the handler. It runs at once where the store answers at once. */
  async #begin(request: Keyed, again: unknown, running: Running): Promise<string> {
    const { store } = this
    // What is no text is the name of nothing.
    const name = again === undefined || typeof again === 'string' ? again : ''
    let taken: Known | 'begun' | 'lost' | 'full'
    try {
      const asked = store.take(request, rules.again ? name : undefined)
      taken = isThenable(asked) ? await asked : asked
    } catch (error) {
      running.call.connection.report(error, 'keys')
      return bodyOf(again === undefined ? AWAY : LOST)
    }
    if (taken === 'begun') return this.#perform(request, running)
    if (taken === 'full') return bodyOf(FULL)
    if (taken === 'lost') return bodyOf(LOST)
    if (taken.input !== request.input) return bodyOf(CONFLICT)
    return taken.outcome ?? bodyOf(LOST)
  }

  async #perform(request: Keyed, running: Running): Promise<string> {
    const { call } = running
    const { connection: c, route } = call
    let body: string
    let isUndone = false
    try {
      const result = await route.run(call)
      if (result === SKIPPED) throw new SocketError('forbidden', 'refused')
      const data = mustPass(await route.output(result), 'reply')
      body = JSON.stringify({ data: data ?? null })
    } catch (thrown) {
      const refusal = refusalOf(thrown)
      const { over } = call.progress
      const isOver = over !== undefined && isAbort(thrown)
      if (!refusal && !isOver) c.report(thrown, `${route.kind} ${route.type}`)
      const error = refusal ?? (isOver ? cutError(over) : INTERNAL)
      // Middleware has refused it, for now. What a handler throws may come after an effect.
      isUndone = error.retryAfterMs !== undefined && this.#isGuarded && !call.reached
      body = bodyOf(error)
    }
    running.relax()
    try {
      await (isUndone ? this.store.drop(request) : this.store.keep(request, body))
    } catch (error) {
      // It stays known as begun.
      c.report(error, 'keys')
    }
    return body
  }
}

function whatIsWrong(key: unknown): string | undefined {
  const fits = typeof key === 'string' && key.length >= MIN_LENGTH && key.length <= MAX_LENGTH
  return fits ? undefined : `expected ${MIN_LENGTH} to ${MAX_LENGTH} characters`
}

function cutError(over: string): SocketError {
  return new SocketError(over === DEADLINE ? 'timeout' : 'canceled', over)
}

/** An answer without the `id` of who asked. */
function bodyOf(error: { code: string; message: string }): string {
  return errorFrame(undefined, error)
}

function codeOf(body: string): string | undefined {
  if (!body.startsWith('{"error"')) return undefined
  return (JSON.parse(body) as { error: { code: string } }).error.code
}
