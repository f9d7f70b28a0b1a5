import { afterEach, beforeEach, expect } from 'vitest'
import { type Observation, type Observers, observe } from '../../src/observe.ts'

type Type = Observation['type']

const TYPES: Record<Type, true> = {
  error: true,
  refused: true,
  granted: true,
  open: true,
  received: true,
  sent: true,
  handled: true,
  published: true,
  drop: true,
  slow: true,
  close: true,
}

/**
 * What observers hear during each test of a file. The result gives the events of some types, or of all
 * since the last time; ids are checked and left out.
 */
export function everyEvent(): (...types: Type[]) => Record<string, unknown>[] {
  let events: Observation[] = []
  let stop: () => void = () => {}
  const note = (event: Observation): void => void events.push(event)
  beforeEach(() => {
    events = []
    stop = observe(Object.fromEntries(Object.keys(TYPES).map((type) => [type, note])) as Observers)
  })
  afterEach(() => stop())
  return (...types) => {
    const heard = events
    events = []
    return heard.filter(({ type }) => types.length === 0 || types.includes(type)).map(withoutId)
  }
}

function withoutId(event: Observation): Record<string, unknown> {
  const { connection, ...rest } = event as { connection?: string }
  if (connection !== undefined) expect(connection).toMatch(/^c_/)
  return rest
}
