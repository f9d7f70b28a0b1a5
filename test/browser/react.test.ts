import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page, WebSocket } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Launched, launch } from '../../tools/launch.ts'
import { unusedPort } from '../runtime/kill/unused-port.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { bundle, renderers } from './react/bundle.ts'

/** A page, and what it does on the network. */
interface Tab {
  readonly page: Page
  readonly sockets: WebSocket[]
  /** Types and channels of what it has asked for. */
  readonly asked: string[]
  /** What its console complains of. */
  readonly problems: string[]
  shows(id: string, text: string): Promise<void>
  /** Says something, and hears that it was said. */
  say(): Promise<void>
}

describeInBrowser('hooks in a page in StrictMode', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  describe.each(Object.keys(renderers) as (keyof typeof renderers)[])('with %s', (renderer) => {
    let dataDir: string
    let server: Launched
    let context: BrowserContext
    const start = (port: number): Promise<Launched> => {
      const entry = `${import.meta.dirname}/react/node.ts`
      const env = { PAGE: join(dataDir, 'page.js') }
      return launch({ runtime: 'node', entry, port, dataDir, env })
    }
    beforeAll(async () => {
      dataDir = mkdtempSync(join(tmpdir(), 'denwa-react-'))
      await bundle(renderer, join(dataDir, 'page.js'))
      server = await start(await unusedPort())
    })
    afterEach(() => context?.close())
    afterAll(async () => {
      await server?.close()
      rmSync(dataDir, { recursive: true, force: true })
    })

    async function open(name: string): Promise<Tab> {
      const page = await context.newPage()
      const sockets: WebSocket[] = []
      const asked: string[] = []
      const problems: string[] = []
      page.on('websocket', (socket) => {
        sockets.push(socket)
        socket.on('framesent', ({ payload }) => {
          if (!/^[[{]/.test(`${payload}`)) return
          const frames = [JSON.parse(`${payload}`) as { type: string; channel?: string }].flat()
          asked.push(...frames.map(({ type, channel }) => `${type} ${channel ?? ''}`.trim()))
        })
      })
      page.on('pageerror', ({ message }) => void problems.push(message))
      page.on('console', (said) => {
        if (said.type() === 'error' || said.type() === 'warning') problems.push(said.text())
      })
      await page.goto(`${server.url}/?name=${name}`)
      return {
        page,
        sockets,
        asked,
        problems,
        async shows(id, text) {
          await page.locator(`#${id}`).getByText(text, { exact: true }).waitFor()
        },
        async say() {
          await page.click('#say')
          await page.locator('#say:enabled').waitFor()
        },
      }
    }

    test('share a socket and a channel, change rooms, and come back with what was missed', async () => {
      context = await browser.newContext()
      context.setDefaultTimeout(15_000)
      const ann = await open('ann')
      await ann.shows('people', 'ann')
      const bob = await open('bob')
      await Promise.all([ann, bob].map((tab) => tab.shows('people', 'ann,bob')))
      await ann.say()
      await Promise.all([ann, bob].map((tab) => tab.shows('said', 'hi from ann')))
      expect([ann.sockets.length, ann.asked]).toEqual([1, ['$join room/lobby', 'say']])

      await bob.page.click('#to-den')
      await Promise.all([bob.shows('people', 'bob'), ann.shows('people', 'ann')])
      await ann.say()
      await ann.shows('said', 'hi from ann,hi from ann')
      await bob.say()
      await bob.shows('said', 'hi from bob')
      expect([bob.sockets.length, bob.asked]).toEqual([
        1,
        ['$join room/lobby', '$join room/den', '$leave room/lobby', 'say'],
      ])

      server.kill('SIGKILL')
      await server.exited
      await Promise.all([ann, bob].map((tab) => tab.shows('status', 'waiting')))
      server = await start(server.port)
      const said = await fetch(`${server.url}/say/den`, { method: 'POST', body: 'meanwhile' })
      expect(said.status).toBe(204)
      await bob.shows('said', 'hi from bob,meanwhile')
      await Promise.all([ann, bob].map((tab) => tab.shows('status', 'open')))
      await Promise.all([ann.shows('people', 'ann'), bob.shows('people', 'bob')])
      await bob.page.click('#to-lobby')
      await Promise.all([ann, bob].map((tab) => tab.shows('people', 'ann,bob')))
      await bob.say()
      await bob.shows('said', 'hi from bob')

      const last = bob.sockets.at(-1)!
      const closed = last.isClosed() ? undefined : last.waitForEvent('close')
      await bob.page.click('#to-nowhere')
      await closed
      await ann.shows('people', 'ann')
      expect(bob.sockets.every((socket) => socket.isClosed())).toBe(true)
      await bob.page.click('#to-lobby')
      await ann.shows('people', 'ann,bob')
      expect(bob.sockets.at(-2)).toBe(last)

      const complaints = [...ann.problems, ...bob.problems]
      expect(complaints.filter((each) => !each.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
    })
  })
})
