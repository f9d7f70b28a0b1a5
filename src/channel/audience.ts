import type { Connection } from '../connection/connection.ts'
import { emit, observed } from '../observe.ts'
import { bytesOf } from '../protocol/codec.ts'
import type { NativeTopics } from '../runtime/port.ts'

/** What may be published natively while somebody is behind, before it is looked who is too slow. */
const SWEEP_LENGTH = 64 * 1024

/** Subscribers whom the runtime serves by its own topics. */
interface Native {
  readonly members: Set<Connection>
  /** Characters published since the members were looked at. */
  unseen: number
}

/** What becomes of one who reads too slowly; without it, its connection is closed when its queue is full. */
export type OnSlow = (c: Connection) => void

/** Who has more in its queue than this part of it is behind. */
export const BEHIND: number = 1 / 4

/** Which part of its queue is in use; none where the runtime does not tell. */
export function waiting({ transport }: Connection): number {
  return (transport.bufferedAmount ?? 0) / transport.limits.maxQueueBytes
}

/** Subscribers who are written to alike, by the runtime's own topics where it has them. */
export class Audience {
  readonly #name: string
  readonly #onSlow: OnSlow | undefined
  readonly #members = new Set<Connection>()
  readonly #natives = new Map<NativeTopics, Native>()

  /** The name is that of the runtime's topic. */
  constructor(name: string, onSlow?: OnSlow) {
    this.#name = name
    this.#onSlow = onSlow
  }

  get size(): number {
    let { size } = this.#members
    for (const { members } of this.#natives.values()) size += members.size
    return size
  }

  add(c: Connection): void {
    const { topics } = c.transport
    if (!topics) {
      this.#members.add(c)
      return
    }
    let native = this.#natives.get(topics)
    if (!native) this.#natives.set(topics, (native = { members: new Set(), unseen: 0 }))
    native.members.add(c)
    c.transport.subscribe?.(this.#name)
  }

  delete(c: Connection): void {
    const { topics } = c.transport
    if (!topics) {
      this.#members.delete(c)
      return
    }
    const members = this.#natives.get(topics)?.members
    members?.delete(c)
    if (members?.size === 0) this.#natives.delete(topics)
    c.transport.unsubscribe?.(this.#name)
  }

  send(text: string): void {
    for (const [topics, native] of this.#natives) {
      const delivered = topics.publish(this.#name, text)
      if (observed.sent) tell(native, text)
      if (delivered <= 0) this.#sweep(native, text)
    }
    const onSlow = this.#onSlow
    for (const c of this.#members) {
      if (onSlow && waiting(c) > BEHIND) onSlow(c)
      else c.push(text)
    }
  }

  *[Symbol.iterator](): IterableIterator<Connection> {
    yield* this.#members
    for (const { members } of this.#natives.values()) yield* members
  }

  /** Somebody is behind: the runtime does not say who. */
  #sweep(native: Native, text: string): void {
    native.unseen += text.length
    if (native.unseen < SWEEP_LENGTH) return
    native.unseen = 0
    const bytes = bytesOf(text)
    for (const c of native.members) {
      const fits = c.transport.published?.(bytes) !== false
      if (this.#onSlow && (!fits || waiting(c) > BEHIND)) this.#onSlow(c)
      else if (!fits) c.tooSlow()
    }
  }
}

/** The same channel may be reached by several routes. */
function tell({ members }: Native, text: string): void {
  const counts = new Map<string, number>()
  for (const { snapshot } of members) {
    counts.set(snapshot.route, (counts.get(snapshot.route) ?? 0) + 1)
  }
  const sizeBytes = bytesOf(text)
  for (const [route, count] of counts) emit({ type: 'sent', route, count, sizeBytes })
}
