import type { Failure } from './simulate.ts'

/** Schedules that have failed once, each with what it has found. They run before all others. */
export const bank: readonly Failure[] = [
  {
    why: 'the first on a channel was put on one that had just been forgotten',
    kind: 'cluster',
    seed: 1,
    moves: [['publish', 0, 0, 0, 0]],
  },
  {
    why: 'members of whom was heard before the store had answered came again',
    kind: 'cluster',
    seed: 1097,
    moves: [
      ['kill', 0, 0, 45, 0],
      ['check', 62, 1, 0, 0],
      ['publish', 0, 0, 0, 0],
    ],
  },
  {
    why: 'a position that was kept over a reload, and given up, ended in no reset',
    kind: 'cluster',
    seed: 5313,
    moves: [
      ['kill', 0, 0, 0, 0],
      ['publish', 1371, 0, 0, 0],
      ['publish', 162, 0, 0, 0],
      ['reload', 12, 0, 4, 0],
      ['publish', 29, 0, 0, 0],
      ['close', 9, 0, 49, 0],
      ['publish', 0, 0, 0, 0],
    ],
  },
  {
    why: 'a late join on a lost connection took the place of the client that had come back',
    kind: 'cluster',
    seed: 208_186,
    moves: [
      ['flood', 0, 5, 0, 15],
      ['publish', 21, 0, 0, 0],
      ['join', 2, 0, 53, 0],
      ['cut', 89, 5, 24, 0],
      ['publish', 0, 0, 0, 0],
    ],
  },
  {
    why: 'the same, so that nobody saw the client any more',
    kind: 'durable',
    seed: 222_695,
    moves: [
      ['flood', 0, 5, 0, 28],
      ['publish', 386, 0, 0, 0],
      ['publish', 0, 0, 0, 0],
      ['publish', 0, 0, 0, 0],
      ['join', 152, 5, 15, 0],
      ['cut', 13_716, 2, 0, 0],
      ['join', 65, 0, 15, 0],
      ['publish', 106, 0, 0, 0],
      ['publish', 141, 0, 0, 0],
      ['join', 6, 0, 1, 0],
      ['cut', 175, 0, 0, 0],
      ['say', 6, 0, 0, 0],
      ['cut', 21, 0, 0, 0],
      ['reload', 4, 0, 3, 0],
      ['join', 4, 0, 0, 0],
      ['cut', 138, 0, 0, 0],
      ['cut', 197, 2, 40, 0],
      ['publish', 0, 0, 0, 0],
    ],
  },
]
