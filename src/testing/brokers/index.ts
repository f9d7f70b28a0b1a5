/**
 * The conformance suite of brokers: what one must do to keep and carry what is published, as tests for any
 * runner.
 *
 * @module
 *
 * @example
 * ```ts
 * import { describe, expect, test } from 'vitest'
 * import { memoryBroker } from 'denwa/broker'
 * import { brokerConformance } from 'denwa/broker/conformance'
 *
 * let now = 0
 * brokerConformance(
 *   {
 *     name: 'in memory',
 *     make: () => ({ broker: memoryBroker({ now: () => now }), advance: (ms) => (now += ms) }),
 *   },
 *   { describe, expect, test },
 * )
 * ```
 */
import type { Runner } from '../conformance/runner.ts'
import { kitFor } from './kit.ts'
import { bounds } from './suite/bounds.ts'
import { listening } from './suite/listening.ts'
import { members } from './suite/members.ts'
import { model } from './suite/model.ts'
import { positions } from './suite/positions.ts'
import { restarts } from './suite/restarts.ts'
import type { BrokerTarget } from './target.ts'

export type { Matchers, Runner, RunnerTest } from '../conformance/runner.ts'
export type { BrokerCapabilities, BrokerTarget, MadeBroker } from './target.ts'

/** Declares the tests of what a broker must do, for `target`. */
export function brokerConformance(target: BrokerTarget, runner: Runner): void {
  const kit = kitFor(target, runner)
  const themes = { positions, bounds, listening, members, restarts, model }
  for (const [name, theme] of Object.entries(themes)) {
    runner.describe(`${target.name}: ${name}`, () => theme(kit))
  }
}
