import type { Member } from '../../broker/port.ts'
import { within } from '../../connection/deadlines.ts'
import type { PresenceHost } from './announcements.ts'

const READ_MS = 40_000

/** Reads now and then who is on a channel: what was lost on the way is found so. */
export class Reading {
  readonly #address: string
  readonly #host: PresenceHost
  readonly #learn: (members: readonly Member[]) => void
  /** Of whom something was heard since the store was asked: that is newer than what it answers. */
  #heard: Set<string> | undefined = new Set()
  #cancel: (() => void) | undefined

  constructor(address: string, host: PresenceHost, learn: (members: readonly Member[]) => void) {
    this.#address = address
    this.#host = host
    this.#learn = learn
    this.#wait()
  }

  hear(key: string): void {
    this.#heard?.add(key)
  }

  isNews(key: string): boolean {
    return !this.#heard?.has(key)
  }

  /** All that was read is known. */
  done(): void {
    this.#heard = undefined
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #wait(): void {
    this.#cancel = within(this.#host.timers, READ_MS, () => {
      this.#wait()
      void this.#read()
    })
  }

  async #read(): Promise<void> {
    const heard = (this.#heard = new Set<string>())
    try {
      const { members } = await this.#host.broker.members(this.#address)
      // Only the last reading counts.
      if (!this.#cancel || heard !== this.#heard) return
      this.#learn(members)
      this.done()
    } catch (error) {
      this.#host.onError(error)
    }
  }
}
