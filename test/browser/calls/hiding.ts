import { type Browser, type Page, chromium } from 'playwright-core'
import { unusedPort } from '../../runtime/kill/unused-port.ts'
import { args, executablePath } from '../chromium.ts'

/** A page in a window of its own, which is hidden as people hide one. */
export interface Hideable {
  readonly page: Page
  hide(): Promise<void>
  show(): Promise<void>
  /** Stops the clock of a hidden page, as browsers do to save energy. */
  freeze(): Promise<unknown>
  thaw(): Promise<unknown>
}

export interface HidingBrowser {
  readonly browser: Browser
  window(): Promise<Hideable>
  close(): Promise<void>
}

/** A page that is hidden for so many seconds has timers once a minute; else that takes five minutes. */
const throttle = 'IntensiveWakeUpThrottling:grace_period_seconds/2'

/** What Playwright turns off, so that tests need not know which page is in front. */
const wanted = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
]

/** A browser in which a page that nobody sees is hidden. */
export async function openHidingBrowser(): Promise<HidingBrowser> {
  const port = await unusedPort()
  const launched = await chromium.launch({
    executablePath: executablePath!,
    args: [...args, `--remote-debugging-port=${port}`, `--enable-features=${throttle}`],
    ignoreDefaultArgs: wanted,
  })
  // Pages of other contexts are made to believe that they are seen.
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true })
  const context = browser.contexts()[0]!
  const root = await browser.newBrowserCDPSession()
  /** One after the other: an event does not say which window it is of. */
  let opened: Promise<unknown> = Promise.resolve()
  const openWindow = (): Promise<[Page, { targetId: string }]> => {
    const next = opened.then(() =>
      Promise.all([
        context.waitForEvent('page'),
        root.send('Target.createTarget', { url: 'about:blank', newWindow: true }),
      ]),
    )
    opened = next
    return next
  }
  return {
    browser,
    async window() {
      const [page, { targetId }] = await openWindow()
      const { windowId } = await root.send('Browser.getWindowForTarget', { targetId })
      const session = await context.newCDPSession(page)
      const set = (windowState: 'minimized' | 'normal'): Promise<unknown> =>
        root.send('Browser.setWindowBounds', { windowId, bounds: { windowState } })
      const live = (state: 'frozen' | 'active'): Promise<unknown> =>
        session.send('Page.setWebLifecycleState', { state })
      const isNow = (state: DocumentVisibilityState): Promise<unknown> =>
        page.waitForFunction((state) => document.visibilityState === state, state, { polling: 50 })
      return {
        page,
        async hide() {
          await set('minimized')
          await isNow('hidden')
        },
        async show() {
          await set('normal')
          await isNow('visible')
        },
        freeze: () => live('frozen'),
        thaw: () => live('active'),
      }
    },
    async close() {
      await browser.close()
      await launched.close()
    },
  }
}
