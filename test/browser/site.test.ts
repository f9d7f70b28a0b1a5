import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch } from '../../tools/launch.ts'
import type { Launched } from '../../tools/launch.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { knock } from './knock.ts'
import { witness } from './witness.ts'
import type { Witness } from './witness.ts'

const entry = `${import.meta.dirname}/../../examples/echo/node.ts`
const cookie = { name: 'session', value: 'secret', domain: '.app.test', path: '/' }

describeInBrowser('pages of one site, which share its cookies', () => {
  let browser: Browser
  let server: Launched
  let stranger: Witness
  let page: Page
  beforeAll(async () => {
    browser = await openBrowser()
    server = await launch({ runtime: 'node', entry })
    stranger = await witness()
    const context = await browser.newContext()
    await context.addCookies([{ ...cookie, sameSite: 'Strict' }])
    page = await context.newPage()
  })
  afterAll(async () => {
    stranger?.close()
    await browser?.close()
    await server?.close()
  })

  test.each([
    { host: 'app.test', port: 'same', outcome: 'open' },
    { host: 'sub.app.test', port: 'same', outcome: '403' },
    { host: 'app.test', port: 'another', outcome: '403' },
    { host: 'sub.app.test', port: 'another', outcome: '403' },
  ])('$host, $port port: $outcome', async ({ host, port, outcome }) => {
    const origin = `http://${host}:${port === 'same' ? server.port : stranger.port}`
    await page.goto(`${origin}/health`)
    expect(await knock(page, page, `ws://app.test:${stranger.port}/`)).toBe('418')
    expect(stranger.shown()).toEqual({ origin, cookie: 'session=secret' })
    expect(await knock(page, page, `ws://app.test:${server.port}/echo`)).toBe(outcome)
  })
})
