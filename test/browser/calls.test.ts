import { expect } from 'vitest'
import { type Meeting, describeCalls, test } from './calls/stage.ts'
import type { Look } from './calls/tab.ts'
import { brisk } from './calls/app.ts'
import { expectWhole } from './calls/whole.ts'

/** Texts of one tab. */
const texts = (who: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${who} ${i}`)

/** Both are there, and have heard what the other has; so many requests of each have ended. */
async function settled(
  { ann, bob }: Meeting,
  anns: number,
  bobs: number,
): Promise<[ann: Look, bob: Look]> {
  const ended =
    (count: number) =>
    ({ outcomes }: Look): boolean =>
      Object.keys(outcomes).length === count
  await Promise.all([ann.joined('ann', 'bob'), bob.joined('ann', 'bob')])
  await ann.until('all have ended', ended(anns))
  await bob.until('all have ended', ended(bobs))
  // What nobody overtakes.
  await ann.say('fin')
  const isLast = ({ heard }: Look): boolean => heard.at(-1)?.text === 'fin'
  await ann.until('fin has ended', ended(anns + 1))
  return Promise.all([ann.until('the last', isLast), bob.until('the last', isLast)])
}

/** Both at once. */
async function talk({ ann, bob }: Meeting, count: number): Promise<void> {
  await Promise.all([ann.say(...texts('ann', count)), bob.say(...texts('bob', count))])
}

const OPENED = ['connecting', 'open']
/** Until it is back, however many attempts that takes. */
const BACK = /^connecting,open,waiting (\d+),connecting,(waiting 1006,connecting,)*open$/

describeCalls('two browsers, and a network that fails', (stage) => {
  test('hear all that they say, see each other, and have events and streams', async () => {
    const meeting = await stage.meet()
    const { ann, bob } = meeting
    await talk(meeting, 20)
    expect(await ann.page.evaluate(() => call.count(40))).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    )
    await bob.page.evaluate(() => call.mutter('a message'))
    const looks = await settled(meeting, 20, 20)
    expectWhole(...looks)
    expect(looks[0].heard).toHaveLength(42)
    expect(looks.map(({ statuses }) => statuses)).toEqual([OPENED, OPENED])
    expect(looks.map(({ welcomes }) => welcomes)).toEqual([['ann'], ['bob']])
    await bob.leave()
    await ann.until('bob has left', ({ members }) => members.join() === 'ann')
  })

  test('a server that is killed and comes back takes nothing with it', async () => {
    const meeting = await stage.meet()
    const { ann, bob } = meeting
    await talk(meeting, 25)
    await Promise.all([ann, bob].map((tab) => tab.page.evaluate(() => call.hang('hang'))))
    await ann.page.evaluate(() => call.drip('drip'))
    await ann.until('it drips', ({ dripped }) => dripped.length >= 3)
    await bob.until('some are heard', ({ heard }) => heard.length >= 10)
    await stage.server.kill()
    for (const tab of [ann, bob]) {
      const { outcomes } = await tab.until('it is noticed', ({ status }) => status !== 'open')
      expect(outcomes['hang']).toEqual(['connection_lost'])
    }
    await ann.say('while it is away')
    await stage.server.restart()
    const looks = await settled(meeting, 28, 26)
    expectWhole(...looks)
    for (const { statuses } of looks) expect(`${statuses}`).toMatch(BACK)
    expect(looks[0].outcomes).toMatchObject({
      drip: ['connection_lost'],
      'while it is away': ['ok'],
    })
    expect(looks[0].dripped).toEqual(looks[0].dripped.map((_, index) => index))
  })

  test.each(['cut', 'reset'] as const)(
    'a network that is %s: who comes back has missed nothing',
    async (how) => {
      const meeting = await stage.meet()
      const { ann, bob } = meeting
      await talk(meeting, 10)
      ann.net.set({ isDown: true })
      ann.net[how]()
      await ann.until('it is noticed', ({ status }) => status !== 'open')
      await bob.page.evaluate((texts) => call.mutter(...texts), texts('meanwhile', 100))
      await bob.until('all is said', ({ heard }) =>
        heard.some(({ text }) => text === 'meanwhile 99'),
      )
      ann.net.set({})
      const looks = await settled(meeting, 10, 10)
      expectWhole(...looks)
      expect(`${looks[0].statuses}`).toMatch(BACK)
      expect(looks[1].statuses).toEqual(OPENED)
    },
  )

  test('what is said with a key is done once, and answered though the answer was lost', async () => {
    const meeting = await stage.meet()
    const { ann, bob } = meeting
    ann.net.set({ hole: 'down' })
    await ann.page.evaluate((texts) => call.sayOnce(...texts), texts('once', 20))
    await bob.until('it is done', ({ heard }) => heard.length === 20)
    ann.net.cut()
    ann.net.set({})
    const looks = await settled(meeting, 20, 0)
    expectWhole(...looks)
    expect(new Set(Object.values(looks[0].outcomes).flat())).toEqual(new Set(['ok']))
    expect(`${looks[0].statuses}`).toMatch(BACK)
  })

  test.each(['up', 'down', 'both'] as const)(
    'a hole on the way (%s) is found, and left',
    async (hole) => {
      const meeting = await stage.meet({ by: 'brisk' })
      const { ann, bob } = meeting
      await talk(meeting, 5)
      await ann.until('all is said', ({ outcomes }) => Object.keys(outcomes).length === 5)
      const since = Date.now()
      ann.net.set({ hole })
      await ann.say('into the hole')
      await bob.say(...texts('meanwhile', 20))
      const { statuses, times } = await ann.until('it is found', ({ status }) => status !== 'open')
      // It may be about to come back already.
      const found = statuses.findIndex((status) => status.startsWith('waiting'))
      // By the page's own clock: what a busy test does meanwhile does not count.
      const foundAt = (await ann.page.evaluate(() => performance.timeOrigin)) + times[found]!.at
      expect(foundAt - since).toBeLessThan(brisk.intervalMs + brisk.timeoutMs + 1500)
      // Deno closes by a code of its own, if it is the first.
      const codes = stage.runtime === 'deno' ? /4201|1001/ : /4201/
      expect(statuses[found]).toMatch(codes)
      await bob.until('all is said', ({ outcomes }) => Object.keys(outcomes).length === 25)
      ann.net.set({})
      const looks = await settled(meeting, 6, 25)
      expectWhole(...looks)
      expect(`${looks[0].statuses}`).toMatch(BACK)
      expect(looks[0].outcomes['into the hole']).toEqual(['connection_lost'])
      expect(looks[1].statuses).toEqual(OPENED)
    },
  )

  test.each([{ sliced: true }, { delayMs: 250 }])(
    'a network that only is slow is left alone: %o',
    async (weather) => {
      const meeting = await stage.meet({ weather })
      const { ann, bob } = meeting
      await talk(meeting, 20)
      expect(await ann.page.evaluate(() => call.count(40))).toHaveLength(40)
      const looks = await settled(meeting, 20, 20)
      expectWhole(...looks)
      expect(looks.map(({ statuses }) => statuses)).toEqual([OPENED, OPENED])
      expect([ann.net.connections, bob.net.connections]).toEqual([2, 2])
    },
  )
})
