import { describe, expect, test } from 'vitest'
import type { Connection } from '../connection/connection.ts'
import { Audience } from './audience.ts'

const KiB = 1024

/** Topics whose subscribers are behind or not, and a member whose transport judges what waits. */
function runtime(delivered: number) {
  const topics = { publish: () => delivered }
  const member = (fits: boolean) => {
    const seen: number[] = []
    let closed = false
    const transport = {
      topics,
      limits: { maxQueueBytes: 1024 * KiB },
      subscribe() {},
      unsubscribe() {},
      published(bytes: number) {
        seen.push(bytes)
        return fits
      },
    }
    const c = { transport, tooSlow: () => (closed = true) }
    return { c: c as unknown as Connection, seen, isClosed: () => closed }
  }
  return { member }
}

describe('subscribers of the runtime’s own topics', () => {
  test('are looked at when somebody is behind and 64 KiB have been published', () => {
    const { member } = runtime(-1)
    const [quick, slow] = [member(true), member(false)]
    const audience = new Audience('0:room+')
    for (const { c } of [quick, slow]) audience.add(c)
    audience.send('x'.repeat(40 * KiB))
    expect([quick.seen, slow.seen]).toEqual([[], []])
    audience.send('x'.repeat(40 * KiB))
    expect([quick.seen, slow.seen]).toEqual([[40 * KiB], [40 * KiB]])
    expect([quick.isClosed(), slow.isClosed()]).toEqual([false, true])
  })

  test('are told the bytes of a long publication, which is not their fault', () => {
    const { member } = runtime(-1)
    const one = member(true)
    const audience = new Audience('0:room+')
    audience.add(one.c)
    audience.send('€'.repeat(100 * KiB))
    expect(one.seen).toEqual([300 * KiB])
  })

  test('are left alone while all of them read', () => {
    const { member } = runtime(70 * KiB)
    const one = member(false)
    const audience = new Audience('0:room+')
    audience.add(one.c)
    for (let i = 0; i < 10; i++) audience.send('x'.repeat(70 * KiB))
    expect([one.seen, one.isClosed()]).toEqual([[], false])
  })
})
