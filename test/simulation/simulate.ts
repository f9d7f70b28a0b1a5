import fc from 'fast-check'
import { rules } from '../../src/channel/rules.ts'
import type { Rules } from '../../src/client/rules.ts'
import { deserted, settled } from './settled.ts'
import { type Move, act, anyMoves } from './moves.ts'
import { type Kind, World } from './world.ts'

/** Rules that are off: of clients, and of servers. */
export interface Off {
  readonly client?: Rules
  readonly server?: keyof typeof rules
}

/** What went wrong first, or nothing. */
export async function play(
  kind: Kind,
  seed: number,
  moves: readonly Move[],
  off: Off = {},
): Promise<string | undefined> {
  const world = new World(kind, seed, off.client ?? {})
  if (off.server) rules[off.server] = false
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
