import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launch, runtimes } from '../../tools/launch.ts'
import type { Launched } from '../../tools/launch.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { knock, opaqueFrame } from './knock.ts'
import { witness } from './witness.ts'
import type { Witness } from './witness.ts'

const echo = `${import.meta.dirname}/../../examples/echo`

describeInBrowser('which pages may open a socket', () => {
  let browser: Browser
  let stranger: Witness
  beforeAll(async () => {
    browser = await openBrowser()
    stranger = await witness()
  })
  afterAll(async () => {
    stranger?.close()
    await browser?.close()
  })

  describe.each(runtimes)('on %s', (runtime) => {
    let server: Launched
    let context: BrowserContext
    let page: Page
    let ours: string
    let theirs: string
    beforeAll(async () => {
      server = await launch({ runtime, entry: `${echo}/${runtime}.ts` })
      ours = `ws://127.0.0.1:${server.port}/echo`
      theirs = `ws://127.0.0.1:${stranger.port}/`
    })
    afterAll(() => server?.close())
    beforeEach(async () => {
      context = await browser.newContext()
      await context.addCookies([
        { name: 'session', value: 'secret', url: server.url, sameSite: 'Strict' },
      ])
      page = await context.newPage()
    })
    afterEach(() => context.close())

    test('a page of the same origin, cookie and all', async () => {
      await page.goto(`${server.url}/health`)
      expect(await knock(page, page, ours)).toBe('open')
    })

    test('not one of another port, though its cookies come along', async () => {
      await page.goto(`http://127.0.0.1:${stranger.port}/`)
      expect(await knock(page, page, theirs)).toBe('418')
      expect(stranger.shown()).toEqual({
        origin: `http://127.0.0.1:${stranger.port}`,
        cookie: 'session=secret',
      })
      expect(await knock(page, page, ours)).toBe('403')
    })

    test.each(['sandbox', 'data'] as const)(
      'not a %s frame, even on our own page',
      async (kind) => {
        await page.goto(`${server.url}/health`)
        const frame = await opaqueFrame(page, kind)
        expect(await knock(page, frame, theirs)).toBe('418')
        expect(stranger.shown()?.origin).toBe('null')
        expect(await knock(page, frame, ours)).toBe('403')
      },
    )

    test('not a file', async () => {
      await page.goto(`file://${import.meta.dirname}/../../LICENSE`)
      expect(await knock(page, page, ours)).toBe('403')
    })
  })
})
