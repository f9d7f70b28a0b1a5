/** So many characters find what a secret belongs to; the others prove it. */
const FINDER_LENGTH = 8

interface Kept<T> {
  readonly secret: string
  readonly owner: T
}

/** What secrets belong to. How long it takes to look one up tells nothing of the part that proves it. */
export class Secrets<T> {
  /** Random secrets share nothing; others may. */
  readonly #kept = new Map<string, Kept<T>[]>()

  add(secret: string, owner: T): void {
    this.delete(secret, owner)
    const kept = this.#kept.get(finderOf(secret))
    if (kept) kept.push({ secret, owner })
    else this.#kept.set(finderOf(secret), [{ secret, owner }])
  }

  /** Where a secret has several owners, the newest. */
  find(secret: string): T | undefined {
    return this.#kept.get(finderOf(secret))?.findLast((each) => isSame(each.secret, secret))?.owner
  }

  delete(secret: string, owner: T): void {
    const finder = finderOf(secret)
    const kept = this.#kept.get(finder)
    const others = kept?.filter((each) => each.owner !== owner || each.secret !== secret)
    if (others?.length === 0) this.#kept.delete(finder)
    else if (others) this.#kept.set(finder, others)
  }
}

function finderOf(secret: string): string {
  return secret.slice(0, FINDER_LENGTH)
}

function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
