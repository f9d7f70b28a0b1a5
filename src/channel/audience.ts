import type { Connection } from '../connection/connection.ts'
import type { NativeTopics } from '../runtime/port.ts'

/** Subscribers who are written to alike, by the runtime's own topics where it has them. */
export class Audience {
  readonly #name: string
  readonly #members = new Set<Connection>()
  /** How many subscribers the runtime serves, by its set of topics. */
  readonly #natives = new Map<NativeTopics, number>()

  /** The name is that of the runtime's topic. */
  constructor(name: string) {
    this.#name = name
  }

  get size(): number {
    return this.#members.size + this.#natives.size
  }

  add(c: Connection): void {
    const { transport } = c
    if (transport.topics) {
      this.#natives.set(transport.topics, (this.#natives.get(transport.topics) ?? 0) + 1)
      transport.subscribe?.(this.#name)
    } else this.#members.add(c)
  }

  delete(c: Connection): void {
    const { transport } = c
    if (transport.topics) {
      const left = (this.#natives.get(transport.topics) ?? 1) - 1
      if (left > 0) this.#natives.set(transport.topics, left)
      else this.#natives.delete(transport.topics)
      transport.unsubscribe?.(this.#name)
    } else this.#members.delete(c)
  }

  send(text: string): void {
    for (const topics of this.#natives.keys()) topics.publish(this.#name, text)
    for (const { transport } of this.#members) transport.send(text)
  }
}
