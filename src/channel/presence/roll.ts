import { Waiting, wheelOf } from '../../connection/deadlines.ts'
import { presenceState } from '../../protocol/presence-frames.ts'
import type { Timers } from '../../runtime/port.ts'
import type { Entry } from './entry.ts'

/** What has changed from one version to the next. */
export interface Diff {
  readonly version: number
  readonly joined: readonly Entry[]
  readonly left: readonly string[]
  /** How many there are, where that is more than are told. */
  readonly count: number | undefined
}

/**
 * What clients know of who is on a channel: the first so many, as of the version that was said last. What
 * changes is said at the end of the turn if nothing was said for a while, and else when that while is over.
 */
export class Roll extends Waiting {
  readonly #cap: number
  readonly #gapMs: number
  readonly #timers: Timers
  readonly #say: (diff: Diff) => void
  /** Whom clients know, and whom not yet: each in the order in which they entered. */
  readonly #told = new Set<Entry>()
  readonly #untold = new Set<Entry>()
  /** Of those told: who has left, and of whom there is something else to say. */
  readonly #left = new Set<Entry>()
  readonly #changed = new Set<Entry>()
  #version = 0
  #count: number | undefined
  #text: string | undefined
  #saidAt = -Infinity
  #pending = false
  #over = false

  constructor(cap: number, gapMs: number, timers: Timers, say: (diff: Diff) => void) {
    super()
    this.#cap = cap
    this.#gapMs = gapMs
    this.#timers = timers
    this.#say = say
  }

  /** Nothing was said yet, nothing asked, and nothing is to be said. */
  get isNew(): boolean {
    return this.#version === 0 && this.#text === undefined && !this.#pending
  }

  /** What clients know, encoded. */
  get state(): string {
    return (this.#text ??= presenceState(this.#version, knownOf(this.#told), this.#count))
  }

  /** Takes all who are here for told, under that version: clients know, though this process has forgotten. */
  resume(version: number): void {
    this.#version = version
    this.#promote(new Map())
    this.#count = this.#countNow()
  }

  add(entry: Entry): void {
    this.#untold.add(entry)
    this.#touch()
  }

  delete(entry: Entry): void {
    if (!this.#untold.delete(entry)) {
      this.#changed.delete(entry)
      this.#left.add(entry)
    }
    this.#touch()
  }

  /** Something else is to be said of it. */
  change(entry: Entry): void {
    if (this.#untold.has(entry)) return
    this.#changed.add(entry)
    this.#touch()
  }

  stop(): void {
    this.#over = true
    wheelOf(this.#timers).delete(this)
  }

  #touch(): void {
    if (this.#pending || this.#over) return
    this.#pending = true
    const at = this.#saidAt + this.#gapMs
    if (at > this.#timers.now()) wheelOf(this.#timers).set(this, at)
    else this.#timers.soon(() => this.expire())
  }

  expire(): void {
    if (this.#over) return
    this.#pending = false
    const joined = [...this.#changed].filter(({ meta, told }) => meta !== told)
    for (const entry of joined) entry.told = entry.meta
    const gone = new Map<string, Entry>()
    for (const entry of this.#left) {
      this.#told.delete(entry)
      gone.set(entry.key, entry)
    }
    this.#left.clear()
    this.#changed.clear()
    joined.push(...this.#promote(gone))
    const left = [...gone.keys()]
    const count = this.#countNow()
    if (joined.length === 0 && left.length === 0 && count === this.#count) return
    this.#count = count
    this.#text = undefined
    this.#saidAt = this.#timers.now()
    this.#say({ version: ++this.#version, joined, left, count })
  }

  /** Who is told in the place of those who are gone. One may have come back: it is not gone, nor has it joined. */
  #promote(gone: Map<string, Entry>): Entry[] {
    const joined: Entry[] = []
    for (const entry of this.#untold) {
      if (this.#told.size >= this.#cap) break
      this.#untold.delete(entry)
      this.#told.add(entry)
      entry.told = entry.meta
      if (gone.get(entry.key)?.told !== entry.meta) joined.push(entry)
      gone.delete(entry.key)
    }
    return joined
  }

  #countNow(): number | undefined {
    const count = this.#told.size - this.#left.size + this.#untold.size
    return count > this.#cap ? count : undefined
  }
}

function* knownOf(entries: Iterable<Entry>): Iterable<{ key: string; meta: string }> {
  for (const { key, told } of entries) yield { key, meta: told as string }
}
