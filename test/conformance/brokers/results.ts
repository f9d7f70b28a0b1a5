import { type BrokerTarget, type Matchers, brokerConformance } from 'denwa/broker/conformance'

export interface Results {
  passed: number
  skipped: number
  /** Names of tests, and what they said. */
  failed: string[]
}

/** Runs the suite where there is no test runner. */
export async function resultsOf(targets: readonly BrokerTarget[]): Promise<Results> {
  const results: Results = { passed: 0, skipped: 0, failed: [] }
  const tests: [name: string, body: () => Promise<void>][] = []
  let path = ''
  const test = Object.assign(
    (name: string, body: () => Promise<void>) => tests.push([`${path} > ${name}`, body]),
    { skip: () => results.skipped++ },
  )
  const describe = (name: string, body: () => void): void => {
    path = name
    body()
  }
  for (const target of targets) brokerConformance(target, { describe, test, expect })
  for (const [name, body] of tests) {
    try {
      await body()
      results.passed++
    } catch (error) {
      results.failed.push(`${name}: ${String((error as Error).stack ?? error)}`)
    }
  }
  return results
}

/** What the suite uses of it. */
function expect(value: any): Matchers {
  const claim = (holds: boolean, expected: unknown): void => {
    if (!holds) throw new Error(`expected ${show(expected)}, got ${show(value)}`)
  }
  return {
    toBe: (expected: unknown) => claim(Object.is(value, expected), expected),
    toEqual: (expected: unknown) => claim(show(value) === show(expected), expected),
    toBeUndefined: () => claim(value === undefined, undefined),
    toBeGreaterThan: (expected: number) => claim(value > expected, expected),
  } as Partial<Matchers> as Matchers
}

/** As JSON, with keys in their order; what is `undefined` is left out. */
function show(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
