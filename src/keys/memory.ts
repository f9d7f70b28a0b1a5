import type { Timers } from '../runtime/port.ts'
import { systemTimers } from '../runtime/timers.ts'
import { KEEP_MS, type KeyLimits, type KeyStore, type Keyed, type Known } from './port.ts'
import { Room, sizeOf } from './room.ts'

/** Options of {@linkcode memoryKeys}. */
export interface MemoryKeysOptions extends KeyLimits {
  /** Time, such as a clock for tests. @default that of the system */
  clock?: Pick<Timers, 'now'>
}

interface Entry {
  readonly request: Keyed
  readonly known: Known
  readonly bytes: number
  readonly until: number
}

/**
 * Remembers requests with a key in this process: for one server. One that a client repeats after a restart, or
 * to another process, fails with `connection_lost`.
 *
 * @throws {RangeError} if a limit is not a positive whole number
 *
 * @example
 * ```ts
 * import { memoryKeys } from 'denwa/keys'
 *
 * export const store = memoryKeys({ max: 100_000, maxBytes: 64 * 1024 * 1024 })
 * ```
 */
export function memoryKeys(options: MemoryKeysOptions = {}): KeyStore {
  return new MemoryKeys(options)
}

class MemoryKeys implements KeyStore {
  readonly name: string = crypto.randomUUID().slice(-12)
  readonly #clock: Pick<Timers, 'now'>
  readonly #room: Room
  /** By name and user; those that go first come first. */
  readonly #entries = new Map<string, Entry>()
  /** By name alone: how many users have one. */
  readonly #names = new Map<string, number>()

  constructor({ clock = systemTimers, ...limits }: MemoryKeysOptions) {
    this.#clock = clock
    this.#room = new Room(limits)
  }

  take(request: Keyed, again?: string): Known | 'begun' | 'lost' | 'full' {
    this.#sweep()
    const entry = this.#entries.get(idOf(request))
    if (entry) return entry.known
    if (again !== undefined && (again !== this.name || this.#names.has(request.name))) return 'lost'
    if (this.#room.isFull(request.who)) return 'full'
    this.#add(request, undefined)
    return 'begun'
  }

  keep(request: Keyed, outcome: string): void {
    this.drop(request)
    this.#add(request, this.#room.admit(outcome))
  }

  drop(request: Keyed): void {
    const id = idOf(request)
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#entries.delete(id)
    this.#room.remove(request.who, entry.bytes)
    const others = this.#names.get(request.name)! - 1
    if (others > 0) this.#names.set(request.name, others)
    else this.#names.delete(request.name)
  }

  #add(request: Keyed, outcome: string | undefined): void {
    const bytes = sizeOf(request, outcome)
    const until = this.#clock.now() + KEEP_MS
    const known = { input: request.input, outcome }
    this.#entries.set(idOf(request), { request, known, bytes, until })
    this.#room.add(request.who, bytes)
    this.#names.set(request.name, (this.#names.get(request.name) ?? 0) + 1)
  }

  #sweep(): void {
    const now = this.#clock.now()
    for (const { request, until } of this.#entries.values()) {
      if (until > now) break
      this.drop(request)
    }
  }
}

function idOf({ name, who }: Keyed): string {
  return name + who
}
