import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Dialled, client } from '../../test/support/line.ts'
import { turn } from '../../test/support/peer.ts'
import { bearer } from './credential.ts'

const TEN_MINUTES = 600_000

/** What a server does with each connection: in how many milliseconds, after which frames, with which code. */
interface Pattern {
  readonly welcomes: boolean
  readonly lastsMs: number
  readonly frames: readonly object[]
  readonly code: number
}

/** When a client dialled, of 10 minutes in which a server does to one connection after the other what it is told. */
async function dials(
  patterns: readonly Pattern[],
  {
    random = (): number => 0,
    asks = false,
    checks = false,
  }: { random?: () => number; asks?: boolean; checks?: boolean } = {},
): Promise<number[]> {
  const c = client(asks ? { credential: bearer(() => 'x') } : {}, { random })
  const times: number[] = []
  let seen: Dialled | undefined
  let losesAt = 0
  for (let now = 0; now < TEN_MINUTES && c.socket.status !== 'closed'; now += 50) {
    if (asks) await turn()
    // One after the other within no time, if it comes to that.
    for (let n = 0; n < 100 && c.line && c.line !== seen; n++) {
      times.push(now)
      seen = c.line
      const { welcomes, lastsMs, frames } = patterns[(times.length - 1) % patterns.length]!
      if (welcomes) seen.open({ beat: 86_400_000 })
      seen.say(...frames)
      losesAt = now + lastsMs
    }
    if (seen && now >= losesAt) {
      losesAt = Infinity
      seen.lose(patterns[(times.length - 1) % patterns.length]!.code)
    }
    if (checks) c.socket.check()
    c.clock.advance(50)
  }
  return times
}

/** Most of them in a minute. */
function mostIn(times: readonly number[], ms = 60_000): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + ms).length))
}

const codes = [
  ...[0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1014],
  ...[1015, 1016, 2999, 3000, 3999, 4200, 4201, 4202, 4203, 4210, 4300, 4499, 5000, 65_535],
]
const bye = (retry: unknown): object => ({ type: '$bye', code: 'restart', retry })

describe('in ten minutes', () => {
  // With the shortest pauses that chance may bring: tries at 0, 0.5, 1, 2, 4, 8, 16, 32, 52 s, and then each 20 s.
  const FIRST_MINUTE = 9
  const ALL = 36

  test.each(codes)('a server that closes at once with %i has few tries', async (code) => {
    for (const welcomes of [true, false]) {
      const times = await dials([{ welcomes, lastsMs: 0, frames: [], code }])
      expect(times.length).toBeGreaterThan(10)
      expect(times.length).toBeLessThanOrEqual(ALL)
      expect(mostIn(times)).toBeLessThanOrEqual(FIRST_MINUTE)
    }
  })

  test.each([
    ['$bye with no pause', [bye([0, 0])], 1012],
    ['$bye with no pause, and 1000', [bye([0, 0])], 1000],
    ['$bye of nonsense', [bye([-1, 1e300])], 1012],
    ['two $bye', [bye([0, 0]), bye([0, 0])], 1012],
    ['a flood of $reauth', Array.from({ length: 100 }, () => ({ type: '$reauth' })), 1006],
  ])('and one that says %s has one more', async (_, frames, code) => {
    const times = await dials([{ welcomes: true, lastsMs: 0, frames, code }], { asks: true })
    expect(times.length).toBeGreaterThan(10)
    expect(times.length).toBeLessThanOrEqual(ALL + 1)
    expect(mostIn(times)).toBeLessThanOrEqual(FIRST_MINUTE + 1)
  })

  test('one that has too much to do has less', async () => {
    const times = await dials([{ welcomes: true, lastsMs: 0, frames: [], code: 1013 }])
    // Half of 2, 30 and 60 s, and of five minutes.
    expect(times.map((ms) => ms / 1000)).toEqual([0, 1, 16, 46, 196, 346, 496])
  })

  test.each([4100, 4101, 4108])(
    'one that refuses each credential with %i has two',
    async (code) => {
      for (const asks of [true, false]) {
        const times = await dials([{ welcomes: true, lastsMs: 0, frames: [], code }], { asks })
        expect(times).toHaveLength(2)
      }
    },
  )

  test.each([4000, 4004, 4099, 4500, 4999])('one that closes with %i has one', async (code) => {
    expect(await dials([{ welcomes: true, lastsMs: 0, frames: [], code }])).toEqual([0])
  })

  // What has lasted five seconds was a success, each time.
  const PER_MINUTE = 12

  test.each([
    ['1000', [], 1000],
    ['4101, and wants a new credential', [], 4101],
    ['$bye with no pause', [bye([0, 0])], 1012],
  ])(
    'one that closes after five seconds with %s has twelve in a minute',
    async (_, frames, code) => {
      const times = await dials([{ welcomes: true, lastsMs: 5050, frames, code }], { asks: true })
      expect(times.length).toBeGreaterThan(90)
      expect(mostIn(times)).toBeLessThanOrEqual(PER_MINUTE)
    },
  )

  // The worst is to last for five seconds, and then to fail three times at once.
  const WORST = 36

  const pattern = fc.record<Pattern>({
    welcomes: fc.boolean(),
    lastsMs: fc.oneof(fc.constant(0), fc.constantFrom(4950, 5000, 5050), fc.nat(10_000)),
    frames: fc.constantFrom([], [bye([0, 0])], [bye([0, 100])], [{ type: '$reauth' }]),
    code: fc.constantFrom(...codes, 1013, 4101),
  })

  test(
    'no pattern of closes brings about more than some tries in a minute',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(pattern, { minLength: 1, maxLength: 6 }),
          fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          async (patterns, chance) => {
            const times = await dials(patterns, { random: () => chance })
            expect(mostIn(times)).toBeLessThanOrEqual(WORST)
          },
        ),
        { numRuns: 40 },
      )
    },
  )

  test('nor does a page that is back all the time bring about more than two in a second', async () => {
    const times = await dials([{ welcomes: true, lastsMs: 0, frames: [], code: 1006 }], {
      checks: true,
    })
    expect(mostIn(times, 1000)).toBeLessThanOrEqual(2)
  })
})

describe('what has happened to a socket that is gone', () => {
  const late = fc.constantFrom<(line: Dialled) => void>(
    (line) => line.events.open('denwa.v1.json'),
    (line) => line.say({ type: '$welcome', id: 'c_0' }),
    (line) => line.say({ type: '$bye', retry: false }),
    (line) => line.say('no frame'),
    (line) => line.say('ping'),
    (line) => line.say({ type: '$reauth' }),
    (line) => line.lose(4009),
    (line) => line.lose(1013),
    (line) => line.lose(4100),
  )

  test('changes nothing', () => {
    fc.assert(
      fc.property(fc.array(late, { maxLength: 10 }), (events) => {
        const { clock, lines, socket, statuses } = client()
        lines[0]!.open()
        lines[0]!.lose()
        for (const happens of events) happens(lines[0]!)
        clock.advance(750)
        for (const happens of events) happens(lines[0]!)
        lines[1]!.open()
        for (const happens of events) happens(lines[0]!)
        expect(statuses).toEqual(['open', 'waiting 1006', 'connecting', 'open'])
        clock.advance(750)
        expect([lines.length, socket.status, lines[0]!.texts]).toEqual([2, 'open', []])
      }),
    )
  })
})
