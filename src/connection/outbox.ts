import { MAX_FRAMES, MAX_JOINED_LENGTH, joinFrames } from '../protocol/frame.ts'
import type { Transport } from '../runtime/port.ts'

/** Who is written to. */
interface Addressee {
  readonly transport: Transport
  push(text: string): void
}

/** The box whose inbound message is being handled: there is one at a time, handlers start synchronously. */
let current: Outbox | undefined
/** Boxes that the end of this turn concerns. It comes before any event that might not touch them. */
const busy: Outbox[] = []

/**
 * What one turn of the event loop says to a connection leaves in one message, as a JSON array, if the
 * peer negotiated a subprotocol. A lone frame is never delayed beyond its turn.
 */
export class Outbox {
  readonly #to: Addressee
  readonly #joins: boolean
  #pending: string[] | undefined
  #length = 0
  #busy = false

  constructor(to: Addressee, joins: boolean) {
    this.#to = to
    this.#joins = joins
  }

  /** Until `end`, frames wait: what answers one inbound message leaves in one outbound message. */
  begin(): void {
    current = this
  }

  end(): void {
    current = undefined
    if (!this.#busy) this.flush()
  }

  write(frame: string): void {
    if (!this.#joins) {
      this.#to.push(frame)
      return
    }
    const { timers } = this.#to.transport
    if (timers.joins === 'turn') {
      if (!this.#busy) this.#wait(timers.soon)
    } else if (current !== this && !this.#busy) {
      this.#wait(queueMicrotask)
      this.#to.push(frame)
      return
    }
    this.#length += frame.length
    if ((this.#pending ??= []).push(frame) === MAX_FRAMES || this.#length > MAX_JOINED_LENGTH)
      this.flush()
  }

  #wait(soon: (task: () => void) => void): void {
    this.#busy = true
    if (busy.push(this) === 1) soon(endTurn)
  }

  /** For a text that has to be a message of its own; keeps the order. */
  writeAlone(text: string): void {
    this.flush()
    this.#to.push(text)
  }

  flush(): void {
    const frames = this.#pending
    if (!frames) return
    this.#pending = undefined
    this.#length = 0
    this.#to.push(joinFrames(frames))
  }

  /** For {@linkcode endTurn}. */
  rest(): void {
    this.#busy = false
    this.flush()
  }
}

function endTurn(): void {
  for (const box of busy.splice(0)) box.rest()
}

/** Sends what waits on any connection: a publication may not overtake it. */
export function flushAll(): void {
  current?.flush()
  for (const box of busy) box.flush()
}
