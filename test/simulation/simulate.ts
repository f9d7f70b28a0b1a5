import fc from 'fast-check'
import { rules } from '../../src/channel/rules.ts'
import { rules as requestRules } from '../../src/connection/rules.ts'
import type { Off as OffInClients } from '../../src/client/rules.ts'
import { deserted, settled } from './settled.ts'
import { type Move, act, anyMoves } from './moves.ts'
import { type Forgery, type Kind, World } from './world.ts'

/** Rules that are off: of clients, of servers, and of requests that are repeated. */
export interface Off {
  readonly client?: OffInClients
  readonly server?: keyof typeof rules
  readonly requests?: keyof typeof requestRules | Forgery
}

/** What went wrong first, or nothing. */
export async function play(
  kind: Kind,
  seed: number,
  moves: readonly Move[],
  off: Off = {},
): Promise<string | undefined> {
  const { requests } = off
  const forgery = requests === 'again' ? undefined : requests
  const world = new World(kind, seed, off.client ?? {}, forgery)
  if (off.server) rules[off.server] = false
  if (requests === 'again') requestRules.again = false
  try {
    await world.begin()
    for (const move of moves) {
      await world.clock.run(move[1])
      if (world.failures.length > 0) break
      world.guard(() => act(world, move))
    }
    await settled(world)
    if (world.failures.length === 0) await deserted(world)
    return world.failures[0]
  } finally {
    if (off.server) rules[off.server] = true
    requestRules.again = true
    world.end()
  }
}

/** A schedule that fails, as small as it was found. */
export interface Failure {
  readonly kind: Kind
  readonly seed: number
  readonly moves: readonly Move[]
  readonly why: string
}

/** One schedule, made of a seed. */
export async function simulate(
  kind: Kind,
  seed: number,
  off: Off = {},
  shrinks = true,
): Promise<Failure | undefined> {
  const property = fc.asyncProperty(anyMoves, async (moves) => {
    const why = await play(kind, seed, moves, off)
    if (why !== undefined) throw new Error(why)
  })
  const result = await fc.check(property, { seed, numRuns: 1, endOnFailure: !shrinks })
  if (!result.failed) return undefined
  const moves = result.counterexample?.[0] ?? []
  const why = (result.errorInstance as Error).message
  return { kind, seed, moves, why }
}

/** To be pasted into the bank of seeds. */
export function printed({ kind, seed, moves, why }: Failure): string {
  const lines = moves.map((move) => `      ${JSON.stringify(move)},\n`)
  return `  // ${why}\n  {\n    kind: '${kind}',\n    seed: ${seed},\n    moves: [\n${lines.join('')}    ],\n  },`
}
