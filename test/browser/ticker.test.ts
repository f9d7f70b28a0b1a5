import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Launched, launch, runtimes } from '../../tools/launch.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { frameWork } from './frame-work.ts'
import { live, visit } from './visit.ts'

const entryOf = (runtime: string): string =>
  `${import.meta.dirname}/../../examples/ticker/${runtime}.ts`
/** Five instruments, 20 prices a second each, for a minute; but for what is on its way. */
const FULL = 5 * 20 * 57
const MOST = 5 * 20 * 62

/** A number that the page shows. */
const figure = async (page: Page, id: string): Promise<number> =>
  Number((await page.locator(`#${id}`).textContent())?.replaceAll(/[^\d.]/g, '') || NaN)

const poll = (page: Page, id: string) => expect.poll(() => figure(page, id))

const choose = (page: Page, name: string, value: string): Promise<void> =>
  page.locator(`label:has(input[name=${name}][value="${value}"])`).click()

describeInBrowser('ticker in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  const watching = (server: Launched, options = {}): Promise<Page> =>
    visit(browser, server.url, options)

  test.each(runtimes)('is full at once on %s, and goes on', async (runtime) => {
    const server = await launch({ runtime, entry: entryOf(runtime) })
    onTestFinished(() => server.close())
    const page = await watching(server)
    expect(await page.locator('#status').textContent()).toBe('Live')
    await poll(page, 'points').toBeGreaterThan(FULL)
    await poll(page, 'updates').toBeGreaterThan(50)
    await poll(page, 'age').toBeLessThan(1_000)
    expect(await page.locator('.price').allTextContents()).toEqual(
      Array.from({ length: 5 }, () => expect.stringMatching(/^\d+\.\d\d$/)),
    )
  })

  describe('on Node', () => {
    let server: Launched
    beforeAll(async () => {
      server = await launch({ runtime: 'node', entry: entryOf('node') })
    })
    afterAll(() => server?.close())

    test('shows what is chosen', async () => {
      const page = await watching(server)
      await poll(page, 'points').toBeGreaterThan(FULL)
      await choose(page, 'instrument', '2')
      await poll(page, 'points').toBeLessThan(MOST / 5)
      await choose(page, 'window', '240')
      await poll(page, 'points').toBeGreaterThan(FULL / 5 / 2)
      await page.getByLabel('15 seconds').focus()
      await page.keyboard.press('Space')
      await poll(page, 'points').toBeLessThan(MOST / 5 / 4)
      await choose(page, 'instrument', 'all')
      await poll(page, 'points').toBeGreaterThan(FULL / 4)

      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText('Paused', { exact: true }).waitFor()
      await poll(page, 'frames').toBe(0)
      await page.getByRole('button', { name: 'Pause' }).click()
      await poll(page, 'frames').toBeGreaterThan(5)
    })

    test('draws no more than once a frame at 5,000 quotes a second, and no more than it keeps', async () => {
      const page = await watching(server)
      await choose(page, 'rate', '5000')
      await choose(page, 'window', '240')
      await poll(page, 'updates').toBeGreaterThan(500)
      await poll(page, 'points').toBeGreaterThan(FULL / 2)
      expect(await frameWork(page, 60)).toBeLessThan(2)
      expect(await figure(page, 'points')).toBeLessThan(MOST * 1.5)
    })

    test('shows the newest through a thin wire, and skips the rest', async () => {
      const page = await watching(server)
      await poll(page, 'points').toBeGreaterThan(FULL)
      const cdp = await page.context().newCDPSession(page)
      await cdp.send('Network.enable')
      await throttle(cdp, 30_000)
      await choose(page, 'rate', '5000')
      await poll(page, 'skipped').toBeGreaterThan(20_000)
      await poll(page, 'age').toBeLessThan(1_000)
      await throttle(cdp, -1)
      await poll(page, 'points').toBeGreaterThan(FULL)
    })

    test('shows the newest after it stood still', async () => {
      const page = await watching(server)
      await choose(page, 'rate', '1000')
      await poll(page, 'updates').toBeGreaterThan(500)
      const skipped = await figure(page, 'skipped')
      await page.evaluate((ms) => {
        const end = performance.now() + ms
        while (performance.now() < end);
      }, 3_000)
      await poll(page, 'skipped').toBeGreaterThan(skipped + 1_500)
      await poll(page, 'age').toBeLessThan(1_000)
      // What was skipped is on the tape.
      await poll(page, 'points').toBeGreaterThan(FULL)
    })

    test('fits a phone', async () => {
      const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true }
      const page = await watching(server, phone)
      await poll(page, 'points').toBeGreaterThan(FULL / 6)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
      await page.locator('label:has(input[name=instrument][value="4"])').tap()
      await poll(page, 'points').toBeLessThan(MOST / 5 / 3)
    })
  })

  test('says that it is offline, and has no hole afterwards', async () => {
    let server = await launch({ runtime: 'node', entry: entryOf('node') })
    onTestFinished(() => server.close())
    const page = await watching(server)
    await poll(page, 'points').toBeGreaterThan(FULL)
    server.kill('SIGKILL')
    await server.exited
    await page
      .locator('#status')
      .getByText(/^Offline/)
      .waitFor()
    await poll(page, 'points').toBeLessThan(FULL - 300)

    server = await launch({ runtime: 'node', entry: entryOf('node'), port: server.port })
    await live(page)
    await poll(page, 'points').toBeGreaterThan(FULL)
    await poll(page, 'updates').toBeGreaterThan(50)
    expect(await page.locator('#status').textContent()).toBe('Live')
  })
})

const throttle = (cdp: CDPSession, bytesPerSecond: number): Promise<unknown> =>
  cdp.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond,
  })
