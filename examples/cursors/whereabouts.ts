import type { Point } from './board-size.ts'

const EVERY_MS = 33

/** Where the pointers of each board are, as far as this process was told. */
export class Whereabouts {
  readonly #boards = new Map<string, Map<string, Point>>()
  /** Boards of which something is about to be told. */
  readonly #due = new Set<string>()

  of(board: string): Record<string, Point> {
    return Object.fromEntries(this.#boards.get(board) ?? [])
  }

  /** Tells of it soon, together with all that moves meanwhile. */
  move(board: string, id: string, at: Point, tell: (all: Record<string, Point>) => void): void {
    const pointers = this.#boards.get(board) ?? new Map<string, Point>()
    this.#boards.set(board, pointers.set(id, at))
    if (this.#due.has(board)) return
    this.#due.add(board)
    setTimeout(() => {
      this.#due.delete(board)
      tell(this.of(board))
    }, EVERY_MS)
  }

  leave(board: string, id: string): void {
    const pointers = this.#boards.get(board)
    pointers?.delete(id)
    if (pointers?.size === 0) this.#boards.delete(board)
  }
}
