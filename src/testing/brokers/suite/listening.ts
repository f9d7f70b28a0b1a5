import { type BrokerKit, KEEP } from '../kit.ts'

/** Who listens: hears what is published, and misses nothing together with a read. */
export function listening({ test, expect, can, given }: BrokerKit): void {
  const exactly = given(can.delivery === 'exact', 'what is heard may be lost')
  exactly.test('every listener hears everything, once and in order', async (it) => {
    const [one, two, none] = [it.heard(), it.heard(), it.heard()]
    await it.broker.subscribe('a', one)
    await it.broker.subscribe('a', two)
    await it.broker.subscribe('b', none)
    for (let i = 0; i < 50; i++) await it.say('a', `${i}`)
    const [epoch] = (await it.read('a')).position
    await it.until(() => one.all.length >= 50 && two.all.length >= 50)
    const all = Array.from({ length: 50 }, (_, i) => [i + 1, epoch, `${i}`])
    expect([one.all, two.all, none.all]).toEqual([all, all, []])
  })

  exactly.test('what is not kept is heard without a place', async (it) => {
    const heard = it.heard()
    await it.broker.subscribe('a', heard)
    await it.say('a', 'x', null)
    await it.until(() => heard.all.length > 0)
    expect(heard.all).toEqual([[0, '', 'x']])
  })

  exactly.test('what is published on hearing of another is heard after it, by all', async (it) => {
    const again = it.heard((body) => {
      if (body.length < 4) void it.broker.publish('a', { event: 'said', body: `${body}x` }, KEEP)
    })
    const [before, after] = [it.heard(), it.heard()]
    for (const listener of [before, again, after]) await it.broker.subscribe('a', listener)
    await it.say('a', 'x')
    await it.until(() => after.all.length >= 4 && before.all.length >= 4)
    const bodies = ['x', 'xx', 'xxx', 'xxxx']
    for (const { all } of [before, again, after]) {
      expect(all.map(([offset, , body]) => [offset, body])).toEqual(
        bodies.map((body, i) => [i + 1, body]),
      )
    }
  })

  exactly.test('a subscription ends, and only that', async (it) => {
    const [one, two] = [it.heard(), it.heard()]
    const end = await it.broker.subscribe('a', one)
    await it.broker.subscribe('a', two)
    end()
    end()
    await it.say('a')
    await it.until(() => two.all.length > 0)
    expect([one.all.length, two.all.length]).toEqual([0, 1])
    await it.broker.subscribe('a', one)
    await it.say('a')
    await it.until(() => one.all.length > 0)
    expect(one.all.map(([offset]) => offset)).toEqual([2])
  })

  exactly.test('who is ended by another while it is told hears no more', async (it) => {
    let endLater = (): void => {}
    const first = it.heard(() => endLater())
    const later = it.heard()
    const fresh = it.heard()
    await it.broker.subscribe('a', first)
    endLater = await it.broker.subscribe('a', later)
    await it.broker.subscribe('a', fresh)
    await it.say('a', '1')
    await it.say('a', '2')
    await it.until(() => fresh.all.length >= 2)
    expect(later.all).toEqual([])
  })

  test('an end keeps the position, and what is kept', async (it) => {
    const end = await it.broker.subscribe('a', it.heard())
    const position = (await it.say('a'))!
    end()
    expect((await it.read('a')).position).toEqual(position)
    expect(await it.kept('a')).toEqual([1])
  })

  test('who subscribes, then reads, misses nothing', async (it) => {
    const { position } = await it.read('a')
    const publishing: Promise<unknown>[] = []
    for (let round = 0; round < 20; round++) {
      const publish = (): void => void publishing.push(it.say('a'))
      publish()
      const heard = it.heard()
      const subscribing = it.broker.subscribe('a', heard)
      publish()
      const end = await subscribing
      publish()
      const reading = it.read('a', { since: position })
      publish()
      const page = await reading
      await Promise.all(publishing)
      const top = (await it.read('a')).position[1]
      const known = new Set(page.publications.map(({ offset }) => offset))
      const has = (): boolean => {
        for (const [offset] of heard.all) known.add(offset)
        return known.size >= top
      }
      if (can.delivery === 'exact') await it.until(has)
      else if (!has()) {
        const { publications } = await it.read('a', { since: page.position })
        for (const { offset } of publications) known.add(offset)
      }
      expect([...known].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: top }, (_, i) => i + 1),
      )
      end()
    }
  })
}
