import type { Publication } from '../broker/port.ts'

/** The newest publications, as many as a client may recover. */
export class Tail {
  readonly #maxCount: number
  readonly #maxBytes: number
  #kept: Publication[] = []
  #length = 0

  constructor({ maxCount, maxBytes }: { readonly maxCount: number; readonly maxBytes: number }) {
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
  }

  push(publication: Publication): void {
    this.#kept.push(publication)
    this.#length += publication.body.length
    while (this.#kept.length > this.#maxCount || this.#length > this.#maxBytes) {
      this.#length -= this.#kept.shift()!.body.length
    }
  }

  clear(): void {
    this.#kept = []
    this.#length = 0
  }

  /** All after one offset up to another, if they are here. */
  since(from: number, to: number): readonly Publication[] | undefined {
    if (from >= to) return []
    const found = this.#kept.filter(({ offset }) => offset > from && offset <= to)
    return found.length === to - from ? found : undefined
  }
}
