import type { Io } from './line.ts'

/** Asks a quiet peer for a sign of life, and gives it up for want of one. */
export class Pulse {
  readonly #timers: Io['timers']
  readonly #ask: () => void
  readonly #dead: () => void
  #beat = 25_000
  #wait = 10_000
  #heard = 0
  #said = 0
  /** When the question was asked that is not answered yet. */
  #asked: number | undefined
  #cancel = (): void => {}

  constructor(timers: Io['timers'], ask: () => void, dead: () => void) {
    this.#timers = timers
    this.#ask = ask
    this.#dead = dead
  }

  /** Clients that came at once do not ask at once: the first beat is a part of one. */
  start(beatMs?: unknown, waitMs?: unknown): void {
    this.#beat = within(beatMs) ?? this.#beat
    this.#wait = within(waitMs) ?? this.#wait
    this.#heard = this.#said = this.#timers.now() - this.#beat * this.#timers.random()
    this.#look()
  }

  heard(): void {
    this.#heard = this.#timers.now()
    this.#asked = undefined
  }

  said(): void {
    this.#said = this.#timers.now()
  }

  /** Asks now. */
  check(): void {
    if (this.#asked !== undefined) return
    this.#ask()
    this.#asked = this.#said = this.#timers.now()
    this.#look()
  }

  stop(): void {
    this.#cancel()
  }

  /** Asks or gives up if that is due, and looks again when it may be. */
  #look(): void {
    this.#cancel()
    const asked = this.#asked
    const due =
      asked === undefined ? Math.min(this.#heard, this.#said) + this.#beat : asked + this.#wait
    const left = due - this.#timers.now()
    if (left > 0) this.#cancel = this.#timers.after(left, () => this.#look())
    else if (asked === undefined) this.check()
    else this.#dead()
  }
}

/** A time that makes sense for a heartbeat: a tenth of a second to a day. */
function within(ms: unknown): number | undefined {
  return typeof ms === 'number' && ms >= 100 && ms <= 86_400_000 ? ms : undefined
}
