import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type JoinReply,
  type Place,
  type Publication,
  isPosition,
  joined,
  published,
} from './subscription.ts'

const NOWHERE: Place = { live: false, seen: false, position: undefined }

const said = (offset?: number): Publication => ({
  type: 'said',
  data: offset,
  ...(offset !== undefined && { offset }),
})

const reply = (more: Partial<JoinReply> = {}): JoinReply => ({
  recovered: false,
  reason: 'lost',
  publications: [],
  presence: undefined,
  ...more,
})

const at = (offset: number, epoch = 'x'): Place => ({
  live: true,
  seen: true,
  position: [epoch, offset],
})
/** Not on the channel any more, and able to come back. */
const off = (place: Place): Place => ({ ...place, live: false })
const away = (offset: number, epoch = 'x'): Place => off(at(offset, epoch))

describe('a publication', () => {
  test('that is the next one is delivered, and moves the position', () => {
    expect(published(at(5), said(6))).toEqual({ place: at(6), deliver: [said(6)] })
  })

  test('that is known changes nothing', () => {
    for (const offset of [5, 1, 0, -1, -1e300]) {
      expect(published(at(5), said(offset))).toEqual({ place: at(5) })
    }
  })

  test('beyond the next one is dropped, and one joins again from the position', () => {
    for (const offset of [7, 100, 6.5, 1e300]) {
      expect(published(at(5), said(offset))).toEqual({ place: at(5), rejoin: true })
    }
  })

  test('is dropped while one is not on the channel', () => {
    expect(published(away(5), said(6))).toEqual({ place: away(5) })
    expect(published(NOWHERE, said())).toEqual({ place: NOWHERE })
  })

  test('without an offset is delivered where there is no history, and only there', () => {
    const place = { ...NOWHERE, live: true }
    expect(published(place, said())).toEqual({ place, deliver: [said()] })
    expect(published(place, said(1))).toEqual({ place })
    expect(published(at(5), said())).toEqual({ place: at(5) })
  })

  test('with anything else as its offset changes nothing', () => {
    for (const offset of ['6', null, [6], {}, true] as never[]) {
      expect(published(at(5), { type: 'said', offset })).toEqual({ place: at(5) })
    }
  })
})

describe('to join', () => {
  test('for the first time takes the position, and nothing is to be reloaded', () => {
    expect(joined(NOWHERE, reply({ position: ['x', 7] }))).toEqual({ place: at(7), deliver: [] })
  })

  test('with the newest publications delivers them, if they end at the position', () => {
    const publications = [said(6), said(7)]
    const step = joined(NOWHERE, reply({ position: ['x', 7], publications }))
    expect(step).toEqual({ place: at(7), deliver: publications })
    for (const bad of [
      [said(5), said(6)],
      [said(5), said(7)],
      [said(), said()],
    ]) {
      const step = joined(NOWHERE, reply({ position: ['x', 7], publications: bad }))
      expect(step).toEqual({ place: at(7), deliver: [] })
    }
  })

  test('again and recovered delivers what was missed', () => {
    const publications = [said(6), said(7)]
    const step = joined(away(5), reply({ position: ['x', 7], recovered: true, publications }))
    expect(step).toEqual({ place: at(7), deliver: publications })
  })

  test('again and up to date delivers nothing', () => {
    for (const offset of [0, 5]) {
      const step = joined(away(offset), reply({ position: ['x', offset], recovered: true }))
      expect(step).toEqual({ place: at(offset), deliver: [] })
    }
  })

  test('again and recovered drops what is known', () => {
    const publications = [said(4), said(5), said(6)]
    const step = joined(away(5), reply({ position: ['x', 6], recovered: true, publications }))
    expect(step).toEqual({ place: at(6), deliver: [said(6)] })
  })

  test('again and not recovered resets once, with the reason', () => {
    const step = joined(away(5), reply({ position: ['y', 2], reason: 'epoch' }))
    expect(step).toEqual({ place: at(2, 'y'), reset: 'epoch', deliver: [] })
  })

  test.each([
    ['a hole at the beginning', ['x', 8], [said(7), said(8)]],
    ['a hole within', ['x', 8], [said(6), said(8)]],
    ['a hole at the end', ['x', 8], [said(6), said(7)]],
    ['nothing where there is something', ['x', 8], []],
    ['a position of the past', ['x', 3], []],
    ['another epoch', ['y', 6], [said(6)]],
  ] as const)('with %s is not recovered, whatever the server says', (_, position, publications) => {
    const step = joined(away(5), reply({ position, recovered: true, publications }))
    expect(step.reset).toBe('lost')
    expect(step.place).toEqual(at(position[1], position[0]))
  })

  test('without a position is a channel that remembers nothing', () => {
    const live = { live: true, seen: true, position: undefined }
    expect(joined(NOWHERE, reply())).toEqual({ place: live, deliver: [] })
    expect(joined(off(live), reply())).toEqual({ place: live, reset: 'lost', deliver: [] })
    expect(joined(away(5), reply())).toEqual({ place: live, reset: 'lost', deliver: [] })
  })

  test('from a position of another life resets if that is too old', () => {
    const given = { ...NOWHERE, seen: true, position: ['x', 5] as const }
    expect(joined(given, reply({ position: ['x', 900], reason: 'evicted' })).reset).toBe('evicted')
  })

  test('while one is on it already changes nothing', () => {
    for (const position of [
      ['x', 5],
      ['x', 3],
    ] as const) {
      expect(joined(at(5), reply({ position, recovered: true }))).toEqual({ place: at(5) })
    }
    const live = { live: true, seen: true, position: undefined }
    expect(joined(live, reply())).toEqual({ place: live })
  })
})

describe('what a reply is', () => {
  test('an object, with good fields or none', () => {
    expect(joined(NOWHERE, {}).place.live).toBe(true)
    const bad: unknown[] = [null, 5, 'x', [], ['x'], ['x', -1], ['x', 1.5], ['x', 1e300], [1, 'x']]
    for (const position of bad) expect(() => joined(NOWHERE, { position } as never)).toThrow()
    for (const publications of [null, 5, {}, [null]]) {
      expect(() => joined(NOWHERE, { publications } as never)).toThrow()
    }
  })

  test('no JSON makes the look at a position throw', () => {
    fc.assert(fc.property(fc.jsonValue(), (data) => void isPosition(data)))
  })
})

/** A channel as it is: what a truthful server knows of it. */
class Store {
  epoch = 0
  log: number[] = []
  top = 0

  publish(): void {
    this.log.push(++this.top)
  }

  reply(since: readonly [string, number] | undefined, last: number): JoinReply {
    const position = [`${this.epoch}`, this.top] as const
    if (!since)
      return reply({ position, publications: this.log.slice(-last || this.top).map(said) })
    if (since[0] !== position[0]) return reply({ position, reason: 'epoch' })
    const missed = this.log.filter((offset) => offset > since[1])
    const whole = missed.length === this.top - since[1]
    if (!whole) return reply({ position, reason: 'evicted' })
    return reply({ position, recovered: true, publications: missed.map(said) })
  }
}

const action = fc.oneof(
  { weight: 5, arbitrary: fc.constant('publish' as const) },
  { weight: 2, arbitrary: fc.constantFrom('cut' as const, 'join' as const) },
  { weight: 1, arbitrary: fc.constantFrom('evict' as const, 'restart' as const) },
  // Which of the newest comes, again or for the first time.
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 6 }) },
)

test('between two resets the application sees every offset once, whatever comes and in which order', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 80 }),
      fc.integer({ min: 0, max: 3 }),
      (story, last) => {
        const store = new Store()
        let place = NOWHERE
        let seen: number | undefined
        const take = (step: ReturnType<typeof joined>): void => {
          if (step.reset !== undefined) seen = undefined
          for (const { offset } of step.deliver ?? []) {
            if (seen !== undefined) expect(offset).toBe(seen + 1)
            seen = offset
          }
          place = step.place
          if (!place.live) return
          // A position is one that the store had, and the application is told all up to it.
          if (seen !== undefined) expect(place.position![1]).toBeGreaterThanOrEqual(seen)
          seen = place.position![1]
        }
        const join = (): void => take(joined(place, store.reply(place.position, last)))
        for (const step of story) {
          if (step === 'publish') store.publish()
          else if (step === 'cut') place = off(place)
          else if (step === 'join' && !place.live) join()
          else if (step === 'evict') store.log.splice(0, 2)
          else if (step === 'restart') {
            // All connections end with the store.
            Object.assign(store, { epoch: store.epoch + 1, log: [], top: 0 })
            place = off(place)
          } else if (typeof step === 'number' && store.top > step) {
            take(published(place, said(store.top - step)))
          }
        }
        // The last one may have been lost: then the server says so.
        place = off(place)
        join()
        expect(place.position).toEqual([`${store.epoch}`, store.top])
      },
    ),
    { numRuns: 500 },
  )
})
