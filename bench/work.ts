/** What is measured: kept going between `start` and `stop`, counted all the while. */
export interface Work {
  start(): void
  messages(): number
  stop(): void
  /** After `stop`: nothing is missing any more. */
  idle(): boolean
  end(): void
}
export type Fail = (error: Error) => void

export const repeat = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
