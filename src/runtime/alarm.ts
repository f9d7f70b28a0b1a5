/** The storage of an object, as far as it is used. */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>
  setAlarm(at: number): Promise<void>
}

/** What is due within the same second wakes the object once. */
const GRAIN_MS = 1000

/** An object has one alarm, and keeps it while it sleeps: the earliest time that anybody asks for. */
export class Alarm {
  readonly #storage: AlarmStorage
  readonly #failed: (error: unknown) => void
  #at = Infinity

  constructor(storage: AlarmStorage, failed: (error: unknown) => void) {
    this.#storage = storage
    this.#failed = failed
  }

  ask(at: number): void {
    const rounded = Math.ceil(at / GRAIN_MS) * GRAIN_MS
    if (rounded >= this.#at) return
    this.#at = rounded
    this.#set(rounded).catch((error: unknown) => {
      if (this.#at === rounded) this.#at = Infinity
      this.#failed(error)
    })
  }

  /** It has gone off. */
  off(): void {
    this.#at = Infinity
  }

  async #set(at: number): Promise<void> {
    const pending = await this.#storage.getAlarm()
    // Meanwhile an earlier one was asked for, or it has gone off.
    if (at !== this.#at) return
    // One that was asked for before the object slept may come first.
    if (pending === null || pending > at) await this.#storage.setAlarm(at)
  }
}
