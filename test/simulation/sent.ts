import type { Wire } from './wire.ts'

/** What a client has said on which connection. */
export class Sent {
  readonly #fail: (what: string) => void
  readonly #wires = new Map<number, Set<Wire>>()

  constructor(fail: (what: string) => void) {
    this.#fail = fail
  }

  note({ data: { n }, key }: any, wire: Wire): void {
    const wires = this.#wires.get(n)
    if (!wires) {
      this.#wires.set(n, new Set([wire]))
      return
    }
    if (key === undefined) this.#fail(`says ${n} again, which has no key`)
    if (wires.has(wire)) this.#fail(`says ${n} twice on one connection`)
    wires.add(wire)
  }

  /** On how many connections it was said. */
  times(n: number): number {
    return this.#wires.get(n)?.size ?? 0
  }
}
