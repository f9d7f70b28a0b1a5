import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { brisk } from './calls/app.ts'
import { type Hideable, type HidingBrowser, openHidingBrowser } from './calls/hiding.ts'
import type { Entering } from './calls/recorder.ts'
import { type Server, runtimes, serveCalls } from './calls/server.ts'
import { test } from './calls/stage.ts'
import { type Look, type Tab, openTab } from './calls/tab.ts'
import { expectWhole } from './calls/whole.ts'
import { describeInBrowser } from './chromium.ts'

/** How long a server waits for a sign of life. */
const PATIENCE_MS = brisk.intervalMs + brisk.timeoutMs

const OPENED = ['connecting', 'open']
const has =
  (count: number) =>
  ({ heard }: Look): boolean =>
    heard.length === count

declare global {
  /** Ten in a second, while the page has its timers. */
  var ticks: number
}

function countTicks(): void {
  globalThis.ticks = 0
  setInterval(() => globalThis.ticks++, 100)
}

describeInBrowser('a tab that nobody looks at', () => {
  let hiding: HidingBrowser
  beforeAll(async () => {
    hiding = await openHidingBrowser()
  })
  afterAll(() => hiding?.close())

  describe.concurrent.each(runtimes)('on %s', (runtime) => {
    let server: Server
    let window: Hideable
    let ann: Tab
    let bob: Tab
    let rooms = 0
    beforeAll(async () => {
      server = await serveCalls(runtime)
      window = await hiding.window()
      ann = await openTab(window.page, server.port)
      const context = await hiding.browser.newContext()
      bob = await openTab(await context.newPage(), server.port)
    })
    afterAll(() => server?.close())

    async function meet(anns: Partial<Entering> = {}): Promise<void> {
      const room = `r${rooms++}`
      await ann.enter({ name: 'ann', room, by: 'brisk', ...anns })
      await bob.enter({ name: 'bob', room })
      await Promise.all([ann.joined('ann', 'bob'), bob.joined('ann', 'bob')])
    }

    test('hears what is said though its timers stand still, and is not given up', async () => {
      await meet()
      const { connections } = ann.net
      await window.hide()
      await ann.page.evaluate(countTicks)
      const ticks = (): Promise<number> => ann.page.evaluate(() => globalThis.ticks)
      for (let last = -1, now = 0; last !== now; last = now, now = await ticks()) await sleep(3000)

      const before = await ticks()
      const since = Date.now()
      for (let n = 0; Date.now() < since + 2 * PATIENCE_MS; n++) {
        await bob.say(`word ${n}`)
        await Promise.all([ann, bob].map((tab) => tab.until('it is heard', has(n + 1))))
        await sleep(100)
      }
      expect((await ticks()) - before).toBeLessThan(2)
      await window.show()
      await whole([OPENED, OPENED])
      expect(ann.net.connections).toBe(connections)
    })

    test('comes back by itself when it is cut off', async () => {
      await meet()
      const { connections } = ann.net
      await window.hide()
      ann.net.cut()
      await ann.until('it is noticed', ({ statuses }) => statuses.includes('waiting 1006'))
      await bob.say('to nobody')
      await ann.until('it is heard', has(1))
      await window.show()
      await whole([[...OPENED, 'waiting 1006', ...OPENED], OPENED])
      expect(ann.net.connections).toBe(connections + 1)
    })

    test('does not wait for its next turn when somebody looks', async () => {
      await meet({ random: 0.99 })
      await window.hide()
      ann.net.set({ isDown: true })
      ann.net.cut()
      const isLong = ({ times }: Look): boolean => (times.at(-1)!.pauseMs ?? 0) > 4000
      const { statuses } = await ann.until('a long pause', isLong)
      ann.net.set({})
      await window.show()
      const [{ times }] = await whole([[...statuses, ...OPENED], OPENED])
      const [pause, end] = times.slice(-3)
      expect(end!.at - pause!.at).toBeLessThan(pause!.pauseMs! - 100)
    })

    // The browser ends the sockets of a page that it has frozen.
    test('and whose clock was stopped comes back once', async () => {
      await meet()
      const { connections } = ann.net
      await window.hide()
      await window.freeze()
      await bob.say('to nobody')
      await bob.until('it is heard', has(1))
      await window.thaw()
      await window.show()
      await ann.until('it is heard', has(1))
      const { statuses, heard } = await ann.joined('ann', 'bob')
      await bob.joined('ann', 'bob')
      expect(statuses).toEqual([...OPENED, 'waiting 1006', ...OPENED])
      expect(heard).toMatchObject([{ offset: 1, text: 'to nobody' }])
      expect(ann.net.connections).toBe(connections + 1)
    })

    test('frozen for longer than the server is patient, comes back once when it is seen', async () => {
      await meet()
      const { connections, closes } = ann.net
      await window.hide()
      await window.freeze()
      // Browsers answer the pings of servers for a page that is frozen.
      ann.net.set({ hole: 'up' })
      for (let n = 0; ann.net.closes === closes; n++) {
        await bob.say(`word ${n}`)
        await bob.until('it is heard', has(n + 1))
        await sleep(200)
      }
      ann.net.set({})
      await window.thaw()
      await window.show()
      const [{ statuses }] = await whole([expect.anything(), OPENED])
      expect(`${statuses}`).toMatch(/^connecting,open,waiting \d+,connecting,open$/)
      expect(ann.net.connections).toBe(connections + 1)
    })

    /** The last word is Ann's: then both have heard all. */
    async function whole(statuses: unknown[]): Promise<[ann: Look, bob: Look]> {
      await Promise.all([ann, bob].map((tab) => tab.joined('ann', 'bob')))
      await ann.say('the last')
      const isLast = ({ heard }: Look): boolean => heard.at(-1)?.text === 'the last'
      const looks = await Promise.all([
        ann.until('the last', isLast),
        bob.until('the last', isLast),
      ])
      expectWhole(...looks)
      expect(looks.map(({ statuses }) => statuses)).toEqual(statuses)
      return looks
    }
  })
})
