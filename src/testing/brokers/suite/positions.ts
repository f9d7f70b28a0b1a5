import { type BrokerKit, KEEP } from '../kit.ts'

/** Names that are traps for who keeps channels in an object, or compares them by other rules. */
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'a',
  'A',
  'a ',
  'a/b',
  "a'b",
  '%00',
  'é',
  'e\u0301',
  '0',
  '*',
]

/** Positions: every one that is given is a real one, and who has it can tell what was missed. */
export function positions({ test, expect }: BrokerKit): void {
  test('offsets count from 1, in one epoch', async (it) => {
    const told = [await it.say('a'), await it.say('a'), await it.say('a')]
    const epoch = told[0]![0]
    expect(epoch.length).toBeGreaterThan(0)
    expect(told).toEqual([1, 2, 3].map((offset) => [epoch, offset]))
    expect((await it.read('a')).position).toEqual([epoch, 3])
  })

  test('a channel has its epoch before anything is published', async (it) => {
    const { position, publications } = await it.read('a', { last: 5 })
    expect([position[1], publications]).toEqual([0, []])
    expect((await it.read('a')).position).toEqual(position)
    expect(await it.say('a')).toEqual([position[0], 1])
  })

  test('what was published comes back as it was, after a position', async (it) => {
    const { position } = await it.read('a')
    for (const body of ['{"a":1}', '"é 😀 \\u0000"', '']) await it.say('a', body)
    const all = await it.read('a', { since: position })
    expect(all).toEqual({
      position: [position[0], 3],
      publications: [
        { event: 'said', body: '{"a":1}', offset: 1 },
        { event: 'said', body: '"é 😀 \\u0000"', offset: 2 },
        { event: 'said', body: '', offset: 3 },
      ],
    })
    const some = await it.read('a', { since: [position[0], 2] })
    expect(some.publications.map(({ offset }) => offset)).toEqual([3])
  })

  test('who is up to date gets nothing, and misses nothing', async (it) => {
    const never = (await it.read('never')).position
    const since = (await it.say('a'))!
    expect(await it.read('a', { since })).toEqual({ position: since, publications: [] })
    expect(await it.read('never', { since: never })).toEqual({ position: never, publications: [] })
  })

  test('so too when all has expired', async (it) => {
    const keep = { ...KEEP, maxAgeMs: 500 }
    const never = (await it.read('never', {}, keep)).position
    await it.say('a', 'x', keep)
    const since = (await it.say('a', 'x', keep))!
    await it.pass(1_000)
    expect(await it.kept('a', keep)).toEqual([])
    expect(await it.read('a', { since }, keep)).toEqual({ position: since, publications: [] })
    expect((await it.read('never', { since: never }, keep)).missing).toBeUndefined()
    expect(await it.say('a', 'x', keep)).toEqual([since[0], 3])
  })

  test('a position of another epoch, or one that was never given, is told', async (it) => {
    const [epoch] = (await it.say('a'))!
    const wrong: [string, number][] = [
      ['', 1],
      [`${epoch}x`, 0],
      [epoch, 2],
      [epoch, -1],
      [epoch, 0.5],
      [epoch, NaN],
      [epoch, Infinity],
    ]
    for (const since of wrong) {
      const page = { position: [epoch, 1], publications: [], missing: 'epoch' }
      expect(await it.read('a', { since }), String(since)).toEqual(page)
    }
  })

  test('the last few, as far as there are any; none unless they are asked for', async (it) => {
    for (let i = 0; i < 5; i++) await it.say('a')
    const offsets = async (last: number) =>
      (await it.read('a', { last })).publications.map(({ offset }) => offset)
    expect([await offsets(2), await offsets(9), await offsets(0)]).toEqual([
      [4, 5],
      [1, 2, 3, 4, 5],
      [],
    ])
    const plain = await it.read('a')
    expect([plain.publications, plain.missing]).toEqual([[], undefined])
  })

  test('channels know nothing of each other, whatever their names', async (it) => {
    const epochs = new Set<string>()
    for (const [i, name] of NAMES.entries()) {
      for (let n = 0; n <= i; n++) await it.say(name, name)
    }
    for (const [i, name] of NAMES.entries()) {
      const { position, publications } = await it.read(name, { last: 100 })
      expect(position[1], name).toBe(i + 1)
      expect(
        publications.map(({ body }) => body),
        name,
      ).toEqual(Array.from({ length: i + 1 }, () => name))
      epochs.add(position[0])
    }
    expect(epochs.size).toBe(NAMES.length)
  })

  test('of many at a time each has a place, and no read sees half of one', async (it) => {
    const reads = []
    const writes = []
    for (let i = 0; i < 100; i++) {
      writes.push(it.say('a', `${i}`))
      reads.push(it.read('a', { last: 10 }))
    }
    const offsets = (await Promise.all(writes)).map((position) => position![1])
    expect(new Set(offsets).size).toBe(100)
    expect(Math.max(...offsets)).toBe(100)
    for (const { position, publications } of await Promise.all(reads)) {
      const first = position[1] - publications.length + 1
      expect(publications.length).toBe(Math.min(10, position[1]))
      expect(publications.map(({ offset }) => offset)).toEqual(
        publications.map((_, i) => first + i),
      )
    }
  })

  test('what is not to be kept has no place', async (it) => {
    expect(await it.say('a', 'x', null)).toBeUndefined()
    const { position, publications } = await it.read('a', { last: 5 })
    expect([position[1], publications]).toEqual([0, []])
    await it.say('a')
    await it.say('a', 'x', null)
    expect(await it.say('a')).toEqual([position[0], 2])
  })
}
