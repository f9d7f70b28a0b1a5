import { GUARD_TIMEOUT_MS, type Timers } from '../../runtime/port.ts'

/** How long a failure counts, in milliseconds. */
const WINDOW_MS = 60_000
/** How long one that is being verified may hold up others: no client waits for the outcome any longer. */
const MAX_TRIAL_MS = 30_000
/** Addresses that are remembered; the first is forgotten for one more. */
const MAX_ADDRESSES = 10_000

/** One credential that is being verified. */
export interface Trial {
  /** Says how it ended; the first time counts. */
  end(failed: boolean): void
}

/** Nobody knows whose. */
const UNCOUNTED: Trial = { end() {} }

/** Who has credentials verified right now. */
interface Crowd {
  /** By when they began. */
  readonly trials: Map<Trial, number>
  readonly waiting: Set<() => void>
}

/**
 * Invalid credentials, by where they came from. No more of them are verified at a time than may fail
 * still: who guesses many at once learns no more than who guesses one after the other.
 */
export class Failures {
  readonly #max: number
  readonly #times = new Map<string, number[]>()
  readonly #crowds = new Map<string, Crowd>()

  constructor(max: number) {
    this.#max = max
  }

  tooMany(who: string, now: number): boolean {
    return this.#recent(who, now).length >= this.#max
  }

  /** Waits for its turn; `undefined` if too many have failed, or if it takes too long. */
  async begin(who: string | undefined, timers: Timers): Promise<Trial | undefined> {
    if (who === undefined) return UNCOUNTED
    const latest = timers.now() + GUARD_TIMEOUT_MS
    for (;;) {
      const now = timers.now()
      const left = this.#max - this.#recent(who, now).length
      if (left <= 0) return undefined
      const crowd = this.#crowd(who)
      if (now >= latest) {
        wakeUp(crowd, 1)
        return undefined
      }
      for (const [trial, at] of crowd.trials) {
        if (at > now || now - at >= MAX_TRIAL_MS) crowd.trials.delete(trial)
      }
      if (crowd.trials.size < left) return this.#trial(who, crowd, timers)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          cancel()
          crowd.waiting.delete(wake)
          resolve()
        }
        const cancel = timers.after(latest - now, wake)
        crowd.waiting.add(wake)
      })
    }
  }

  #crowd(who: string): Crowd {
    const known = this.#crowds.get(who)
    if (known) return known
    const made: Crowd = { trials: new Map(), waiting: new Set() }
    this.#crowds.set(who, made)
    return made
  }

  #trial(who: string, crowd: Crowd, timers: Timers): Trial {
    let ended = false
    const trial: Trial = {
      end: (failed) => {
        if (ended) return
        ended = true
        crowd.trials.delete(trial)
        if (failed) this.#add(who, timers.now())
        // Who fails leaves room for nobody; the last of them for none at all, which everybody is to hear.
        if (!failed) wakeUp(crowd, 1)
        else if (this.tooMany(who, timers.now())) wakeUp(crowd, crowd.waiting.size)
        const over = crowd.trials.size + crowd.waiting.size === 0
        if (over && this.#crowds.get(who) === crowd) this.#crowds.delete(who)
      },
    }
    crowd.trials.set(trial, timers.now())
    return trial
  }

  #add(who: string, now: number): void {
    const times = [...this.#recent(who, now), now].slice(-this.#max)
    this.#times.delete(who)
    this.#times.set(who, times)
    if (this.#times.size <= MAX_ADDRESSES) return
    const [first] = this.#times.keys()
    this.#times.delete(first as string)
  }

  /** A clock that was set back, or another one, must not keep anybody out. */
  #recent(who: string, now: number): number[] {
    return (this.#times.get(who) ?? []).filter((at) => at <= now && now - at < WINDOW_MS)
  }
}

function wakeUp({ waiting }: Crowd, count: number): void {
  for (const wake of [...waiting].slice(0, count)) wake()
}
