import type { Lifecycle } from '../connection/lifecycle.ts'

/** Which connections: all that fit every field. JSON, so that it may travel to where they live. */
export interface Who {
  readonly id?: string
  /** Fields of the state, each equal to the one given. */
  readonly state?: Readonly<Record<string, unknown>>
}

export function fits(c: Lifecycle, { id, state = {} }: Who): boolean {
  if (id !== undefined && c.id !== id) return false
  const own = c.state as Record<string, unknown>
  return Object.entries(state).every(
    ([key, value]) => Object.hasOwn(own, key) && JSON.stringify(own[key]) === JSON.stringify(value),
  )
}
