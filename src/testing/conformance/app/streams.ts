import { fail } from './failures.ts'
import { note } from './trace.ts'

/** Items as fast as they are taken. */
export async function* count(to: number, room: string): AsyncGenerator<number> {
  try {
    for (let i = 0; i < to; i++) yield i
  } finally {
    note(room, 'count over')
  }
}

/** One item now and then, for ever. */
export async function* trickle(everyMs: number, room: string): AsyncGenerator<number> {
  try {
    for (let i = 0; ; i++) {
      yield i
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  } finally {
    note(room, 'trickle over')
  }
}

export async function* failAfter(items: number, how: string): AsyncGenerator<number> {
  for (let i = 0; i < items; i++) yield i
  await fail(how)
}
