import type { Broker, Keep, Listener, Page, Position, Range } from '../../broker/port.ts'
import type { Runner } from '../conformance/runner.ts'
import type { BrokerCapabilities, BrokerTarget, MadeBroker } from './target.ts'

/** The runner as the themes of the suite use it. */
export interface BrokerKit {
  readonly can: BrokerCapabilities
  readonly expect: Runner['expect']
  test(name: string, body: (it: Bench) => Promise<void>): void
  /** Tests that need a capability; without it they are skipped, and `why` says what is missing. */
  given(holds: boolean, why: string): BrokerKit
}

const PATIENCE_MS = 5_000
const POLL_MS = 5
const TIMEOUT_MS = 30_000

/** Keeps all that tests publish, unless they say otherwise. */
export const KEEP: Keep = { size: 1_000, maxAgeMs: 60_000, maxBytes: 1_000_000 }
const ALL = { maxCount: 10_000, maxBytes: 10_000_000 }

const DEFAULTS: BrokerCapabilities = {
  delivery: 'exact',
  bounds: 'exact',
  durable: false,
  shared: false,
  clock: true,
}

export function kitFor(target: BrokerTarget, runner: Runner, skip = ''): BrokerKit {
  return {
    can: { ...DEFAULTS, ...target.capabilities },
    expect: runner.expect,
    test(name, body) {
      if (skip) runner.test.skip(`${name} (${skip})`, async () => {})
      else runner.test(name, () => run(target, body), TIMEOUT_MS)
    },
    given: (holds, why) => kitFor(target, runner, skip || (holds ? '' : why)),
  }
}

async function run(target: BrokerTarget, body: (it: Bench) => Promise<void>): Promise<void> {
  const made = await target.make()
  try {
    await body(new Bench(made))
  } finally {
    await made.end?.()
  }
}

/** What a listener has heard: the offset, the epoch and the text of each publication. */
export interface Heard extends Listener {
  readonly all: [offset: number, epoch: string, body: string][]
}

/** A broker, in the words of the tests. */
export class Bench {
  broker: Broker
  readonly #made: MadeBroker

  constructor(made: MadeBroker) {
    this.#made = made
    this.broker = made.broker
  }

  /** Another process's. */
  async other(): Promise<Broker> {
    return need(await this.#made.other?.(), 'other')
  }

  async say(channel: string, body = 'x', keep: Keep | null = KEEP): Promise<Position | undefined> {
    return this.broker.publish(channel, { event: 'said', body }, keep ?? undefined)
  }

  async read(channel: string, range: Partial<Range> = {}, keep: Keep = KEEP): Promise<Page> {
    return this.broker.read(channel, { ...ALL, ...range }, keep)
  }

  /** The offsets that are kept. */
  async kept(channel: string, keep: Keep = KEEP): Promise<number[]> {
    const { publications } = await this.read(channel, { last: 10_000 }, keep)
    return publications.map(({ offset }) => offset)
  }

  heard(on?: (body: string) => void): Heard {
    const all: Heard['all'] = []
    return {
      all,
      published({ offset, body }, epoch) {
        all.push([offset, epoch, body])
        on?.(body)
      },
    }
  }

  /** Lets so much time pass, by the broker's clock. */
  async pass(ms: number): Promise<void> {
    if (this.#made.advance) await this.#made.advance(ms)
    else await sleep(ms)
  }

  async restart(): Promise<void> {
    this.broker = need(await this.#made.restart?.(), 'restart')
  }

  /** Waits until that holds, or for long. */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE_MS
    while (!(await holds()) && performance.now() < end) await sleep(POLL_MS)
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function need<T>(given: T | undefined, name: string): T {
  if (given !== undefined) return given
  throw new TypeError(`Cannot test this capability: "make" gives no "${name}"`)
}
