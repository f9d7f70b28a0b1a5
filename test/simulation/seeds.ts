import type { Failure } from './simulate.ts'

/** Schedules that have failed once, each with what it has found. They run before all others. */
export const bank: readonly Failure[] = [
  // The first on a channel was put on one that had just been forgotten.
  {
    kind: 'cluster',
    seed: 1,
    moves: [['publish', 0, 0, 0, 0]],
    why: 'client 5 on room/a has heard up to e1,0 of e1,1',
  },
]
