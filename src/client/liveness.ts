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
  #asking = false
  #answered = false
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
    if (!this.#asking) this.#listen()
  }

  heard(): void {
    this.#heard = this.#timers.now()
    this.#answered = true
  }

  said(): void {
    this.#said = this.#timers.now()
  }

  /** Asks now. */
  check(): void {
    if (this.#asking) return
    this.#asking = true
    this.#answered = false
    this.#ask()
    this.said()
    this.#after(this.#wait, () => {
      this.#asking = false
      if (this.#answered) this.#listen()
      else this.#dead()
    })
  }

  stop(): void {
    this.#cancel()
  }

  #listen(): void {
    const due = Math.min(this.#heard, this.#said) + this.#beat - this.#timers.now()
    if (due > 0) this.#after(due, () => this.#listen())
    else this.check()
  }

  #after(ms: number, task: () => void): void {
    this.#cancel()
    this.#cancel = this.#timers.after(ms, task)
  }
}

/** A time that makes sense for a heartbeat: a tenth of a second to a day. */
function within(ms: unknown): number | undefined {
  return typeof ms === 'number' && ms >= 100 && ms <= 86_400_000 ? ms : undefined
}
