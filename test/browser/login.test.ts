import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launch, runtimes } from '../../tools/launch.ts'
import type { Launched } from '../../tools/launch.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { type Login, type Seen, login } from './login.ts'
import { type Witness, witness } from './witness.ts'

const JSON_V1 = 'denwa.v1.json'
const whoami = { type: 'whoami', id: 9 }

function bearer(token: string): string {
  return `denwa.bearer.${Buffer.from(token).toString('base64url')}`
}

describeInBrowser('a browser that logs in', () => {
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
    beforeAll(async () => {
      const entry = `${import.meta.dirname}/../conformance/server/${runtime}.ts`
      server = await launch({ runtime, entry })
    })
    afterAll(() => server?.close())
    beforeEach(async () => {
      context = await browser.newContext()
      page = await context.newPage()
      await page.goto(`${server.url}/health`)
    })
    afterEach(() => context.close())

    const attempt = (init: Login): Promise<Seen> =>
      page.evaluate(login, { ...init, path: `${server.url.replace('http', 'ws')}${init.path}` })
    const userOf = ({ frames }: Seen): unknown =>
      frames.find(({ id }) => id === whoami.id)?.data.state.user
    const bake = (value: string): Promise<void> =>
      context.addCookies([{ name: 'session', value, url: server.url, sameSite: 'Strict' }])

    test('sees 4100 and 4101 after the subprotocol was agreed, with the reason', async () => {
      const path = '/bearer-close/browser'
      for (const [protocols, code, reason] of [
        [[JSON_V1], 4100, 'This endpoint wants a credential'],
        [[bearer('bad'), JSON_V1], 4100, 'The credential is not valid'],
        [[bearer('ann.0'), JSON_V1], 4101, 'The credential has expired'],
      ] as const) {
        expect(await attempt({ path, protocols: [...protocols] })).toEqual({
          protocol: JSON_V1,
          frames: [],
          closed: { code, reason, wasClean: true },
        })
      }
    })

    test('sees 1006 of every refusal by HTTP', async () => {
      for (const path of ['/bearer/browser', '/refuse/browser?status=503', '/nowhere']) {
        expect(await attempt({ path, protocols: [JSON_V1] })).toEqual({
          protocol: '',
          frames: [],
          closed: { code: 1006, reason: '', wasClean: false },
        })
      }
    })

    test('brings a bearer token among the subprotocols', async () => {
      const seen = await attempt({
        path: '/bearer/browser',
        protocols: [bearer('ann'), JSON_V1],
        say: [whoami],
        until: whoami.id,
      })
      expect([seen.protocol, userOf(seen)]).toEqual([JSON_V1, 'ann'])
    })

    test('brings its cookie, from our page and from no other', async () => {
      const init = { path: '/cookie/browser', protocols: [JSON_V1], say: [whoami], until: 9 }
      await bake('ann')
      expect(userOf(await attempt(init))).toBe('ann')
      await page.goto(`http://127.0.0.1:${stranger.port}/`)
      expect((await attempt(init)).closed?.code).toBe(1006)
      await page.goto(`${server.url}/health`)
      await bake('bad')
      expect((await attempt(init)).closed).toMatchObject({ code: 4100 })
    })

    test('says its token in the first frame', async () => {
      const auth = { type: '$auth', id: 1, token: 'ann' }
      const path = '/frame/browser'
      const seen = await attempt({ path, protocols: [JSON_V1], say: [auth, whoami], until: 9 })
      expect(seen.frames.map(({ type, id }) => type ?? id)).toEqual(['$welcome', 1, 9])
      expect(userOf(seen)).toBe('ann')
      const wrong = { ...auth, token: 'bad' }
      expect((await attempt({ path, protocols: [JSON_V1], say: [wrong] })).closed).toEqual({
        code: 4100,
        reason: 'the credential is not valid',
        wasClean: true,
      })
    })

    test('gets a ticket by fetch, and brings it once', async () => {
      const ticket = await page.evaluate(async () => {
        const response = await fetch('/ticket/browser', { method: 'POST' })
        return response.text()
      })
      const init = { path: `/ticketed/browser?ticket=${ticket}`, say: [whoami], until: 9 }
      expect(userOf(await attempt(init))).toBe('ann')
      expect((await attempt(init)).closed?.code).toBe(1006)
    })

    test('is asked for a new token in time, and then sees 4101', async () => {
      const protocols = [bearer('ann.1000'), JSON_V1]
      const seen = await attempt({ path: '/bearer/browser', protocols })
      expect(seen.frames.map(({ type }) => type)).toEqual(['$welcome', '$reauth'])
      expect(seen.closed).toEqual({
        code: 4101,
        reason: 'the credential has expired',
        wasClean: true,
      })
    })
  })
})
