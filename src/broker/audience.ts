import type { Listener, Publication } from './port.ts'

interface Subscription {
  readonly listener: Listener
  over: boolean
}

interface Untold {
  readonly publication: Publication
  readonly epoch: string
  readonly to: readonly Subscription[]
}

/** Who listens to one channel. All hear everything in the same order, whatever they do on hearing it. */
export class Audience {
  #all: Subscription[] = []
  #telling = false
  #untold: Untold[] | undefined

  get size(): number {
    return this.#all.length
  }

  /** The result ends it, once. */
  add(listener: Listener, ended: () => void): () => void {
    const subscription = { listener, over: false }
    this.#all = [...this.#all, subscription]
    return () => {
      if (subscription.over) return
      subscription.over = true
      this.#all = this.#all.filter((each) => each !== subscription)
      ended()
    }
  }

  /** What is published on hearing of another publication is told after it. */
  tell(publication: Publication, epoch: string): void {
    if (this.#telling) {
      this.#untold ??= []
      this.#untold.push({ publication, epoch, to: this.#all })
      return
    }
    this.#telling = true
    tellAll(this.#all, publication, epoch)
    while (this.#untold) {
      const untold = this.#untold
      this.#untold = undefined
      for (const each of untold) tellAll(each.to, each.publication, each.epoch)
    }
    this.#telling = false
  }
}

function tellAll(to: readonly Subscription[], publication: Publication, epoch: string): void {
  for (const each of to) {
    if (each.over) continue
    try {
      each.listener.published(publication, epoch)
    } catch {
      // No listener throws; one that does is not to silence the others.
    }
  }
}
