import { type Opener, openEvents } from './events.ts'
import type { Endpoint, Snapshot } from './port.ts'

/** On what an object says to who asks for events: it is for the client. */
export const FOR_READER = 'denwa-reader'

/**
 * Those who read server-sent events in a Durable Object. They are in memory alone: an object that
 * streams to somebody does not sleep.
 */
export class Readers {
  readonly #counts = new Map<string, number>()

  /** How many have the tag. */
  count(tag: string): number {
    return this.#counts.get(tag) ?? 0
  }

  open(
    endpoint: Endpoint,
    snapshot: Snapshot,
    tags: readonly string[],
    opener: Opener,
  ): Promise<Response> {
    for (const tag of tags) this.#counts.set(tag, this.count(tag) + 1)
    const ended = (): void => {
      for (const tag of tags) {
        const left = this.count(tag) - 1
        if (left > 0) this.#counts.set(tag, left)
        else this.#counts.delete(tag)
      }
    }
    const headers = new Headers({ [FOR_READER]: 'yes' })
    return openEvents({ endpoint, snapshot, ended }, headers, opener)
  }
}
