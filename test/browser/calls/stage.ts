import type { Browser, BrowserContext } from 'playwright-core'
import { test as anyTest, afterAll, afterEach, beforeAll, describe } from 'vitest'
import type { RuntimeName } from '../../../tools/launch.ts'
import { describeInBrowser, openBrowser } from '../chromium.ts'
import type { Weather } from '../../support/proxy.ts'
import type { Entering } from './recorder.ts'
import { type Server, runtimes, serveCalls } from './server.ts'
import { type Tab, openTab } from './tab.ts'

/** A server, and people in front of browsers of their own. */
export interface Stage {
  readonly runtime: RuntimeName
  readonly server: Server
  /** Tabs of two people; they have entered nothing, and do so again for each test. */
  readonly tabs: readonly [ann: Tab, bob: Tab]
  /** A room in which nobody has been. */
  room(): string
  /** Ann and Bob in a room of their own, each with a network of their own; both know of each other. */
  meet(anns?: { by?: Entering['by']; weather?: Weather }): Promise<Meeting>
}

export interface Meeting {
  readonly room: string
  readonly ann: Tab
  readonly bob: Tab
}

/** One test of a runtime after the other, while the runtimes are tested side by side. */
export const test: (typeof anyTest)['sequential'] = anyTest.sequential

/** A suite for each runtime, all at the same time: they wait, most of the time. */
export function describeCalls(name: string, suite: (stage: Stage) => void): void {
  describeInBrowser(name, () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await openBrowser()
    })
    afterAll(() => browser?.close())

    describe.concurrent.each(runtimes)('on %s', (runtime) => {
      let server: Server
      let contexts: BrowserContext[]
      let tabs: [ann: Tab, bob: Tab]
      let rooms = 0
      beforeAll(async () => {
        server = await serveCalls(runtime)
        contexts = [await browser.newContext(), await browser.newContext()]
        const open = async (whose: number): Promise<Tab> =>
          openTab(await contexts[whose]!.newPage(), server.port)
        tabs = [await open(0), await open(1)]
      })
      afterAll(async () => {
        await Promise.all((contexts ?? []).map((context) => context.close()))
        await server?.close()
      })
      afterEach(() => Promise.all(tabs.map((tab) => tab.leave())))

      const room = (): string => `r${rooms++}`
      suite({
        runtime,
        get server() {
          return server
        },
        get tabs() {
          return tabs
        },
        room,
        async meet({ by, weather } = {}) {
          const name = room()
          const [ann, bob] = tabs
          await ann.enter({ name: 'ann', room: name, by }, weather)
          await ann.joined('ann')
          await bob.enter({ name: 'bob', room: name })
          await Promise.all([ann.joined('ann', 'bob'), bob.joined('ann', 'bob')])
          return { room: name, ann, bob }
        },
      })
    })
  })
}
