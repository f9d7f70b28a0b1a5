/** What stands in an {@linkcode Order}. */
export class Place<T> {
  readonly owner: T
  older: Place<T> | undefined
  newer: Place<T> | undefined
  taken = false

  constructor(owner: T) {
    this.owner = owner
  }
}

/** By when it was last used, the longest ago first; every step takes the same time, however many there are. */
export class Order<T> {
  #oldest: Place<T> | undefined
  #newest: Place<T> | undefined
  size = 0

  get oldest(): T | undefined {
    return this.#oldest?.owner
  }

  touch(place: Place<T>): void {
    if (this.#newest === place) return
    this.delete(place)
    place.older = this.#newest
    if (this.#newest) this.#newest.newer = place
    else this.#oldest = place
    this.#newest = place
    place.taken = true
    this.size++
  }

  delete(place: Place<T>): void {
    if (!place.taken) return
    if (place.older) place.older.newer = place.newer
    else this.#oldest = place.newer
    if (place.newer) place.newer.older = place.older
    else this.#newest = place.older
    place.older = place.newer = undefined
    place.taken = false
    this.size--
  }
}
