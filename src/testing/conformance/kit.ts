import { type Capabilities, DEFAULTS } from './capabilities.ts'
import type { Runner } from './runner.ts'
import { Scope } from './scope.ts'
import type { Target } from './target.ts'

export type Body = (it: Scope) => Promise<void>
export type { Scope } from './scope.ts'
export { sleep } from './scope.ts'

/** The runner as the themes of the suite use it. */
export interface Kit {
  readonly can: Capabilities
  readonly expect: Runner['expect']
  test(name: string, body: Body, timeoutMs?: number): void
  /** A test that, whatever it did, ends with: the server lives and serves a fresh socket. */
  attack(name: string, body: Body, timeoutMs?: number): void
  /** Tests that need a capability; without it they are skipped, and `why` says what is missing. */
  given(holds: boolean, why: string): Kit
}

const TIMEOUT_MS = 15_000

export function kitFor(target: Target, runner: Runner): Kit {
  return build(target, runner, '')
}

function build(target: Target, runner: Runner, skip: string): Kit {
  const test = (name: string, body: Body, timeoutMs = TIMEOUT_MS): void => {
    if (skip) runner.test.skip(`${name} (${skip})`, async () => {})
    else runner.test(name, () => run(target, body), timeoutMs)
  }
  return {
    can: { ...DEFAULTS, ...target.capabilities },
    expect: runner.expect,
    test,
    attack: (name, body, timeoutMs) =>
      test(
        name,
        async (it) => {
          await body(it)
          await it.alive()
        },
        timeoutMs,
      ),
    given: (holds, why) => build(target, runner, skip || (holds ? '' : why)),
  }
}

async function run(target: Target, body: Body): Promise<void> {
  const scope = new Scope(target)
  try {
    await body(scope)
  } finally {
    scope.end()
  }
}
