/** What the suite needs of a test runner: Vitest, `bun:test` and Jest fit as they are. */
export interface Runner {
  describe(name: string, body: () => void): unknown
  test: RunnerTest
  expect(value: unknown, message?: string): Matchers
}

/** `test`, and how it leaves one out. */
export interface RunnerTest {
  (name: string, body: () => Promise<void>, timeoutMs?: number): unknown
  skip(name: string, body: () => Promise<void>): unknown
}

/** What `expect` gives back. */
export interface Matchers {
  not: Matchers
  toBe(expected: unknown): void
  toEqual(expected: unknown): void
  toMatchObject(expected: object): void
  toMatch(expected: RegExp | string): void
  toContain(expected: unknown): void
  toHaveLength(expected: number): void
  toBeDefined(): void
  toBeUndefined(): void
  toBeLessThan(expected: number): void
  toBeLessThanOrEqual(expected: number): void
  toBeGreaterThan(expected: number): void
}
