import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, runtimes } from '../../tools/launch.ts'
import type { Launched } from '../../tools/launch.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { back, connected, delivered, guests, hears, offline, say, shown } from './guests.ts'
import type { Guests } from './guests.ts'

describeInBrowser('a server that is killed while people talk, and started again', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  describe.each(runtimes)('on %s', (runtime) => {
    let dataDir: string
    let server: Launched
    const start = (port = 0): Promise<Launched> =>
      launch({
        runtime,
        entry: `${import.meta.dirname}/../../examples/chat/${runtime}.ts`,
        port,
        dataDir,
      })
    beforeAll(async () => {
      dataDir = mkdtempSync(join(tmpdir(), 'denwa-chat-'))
      server = await start()
    })
    afterAll(async () => {
      await server?.close()
      rmSync(dataDir, { recursive: true, force: true })
    })

    test('loses nothing that was said, says it once, and tells who was away', async () => {
      const some: Guests = await guests(browser, server.url)
      const others: Guests = await guests(browser, server.url)
      const ann: Page = await some.enter('lobby', 'Ann')
      const bob: Page = await others.enter('lobby', 'Bob')
      await say(ann, 'before')
      await hears(bob, 'before')

      server.kill('SIGKILL')
      await server.exited
      await Promise.all([offline(ann), offline(bob)])
      await ann
        .locator('#status')
        .getByText(/^Offline, back in \d+ s$/)
        .waitFor()
      await others.away(true)
      for (const text of ['first', 'second']) await say(ann, text)
      await ann
        .locator('#unsent [data-state=waiting]', { hasText: 'Waits until you are back' })
        .getByText('second', { exact: true })
        .waitFor()
      expect(await shown(ann)).toEqual(['before'])

      server = await start(server.port)
      await connected(ann)
      await back(ann, /you missed nothing/)
      await delivered(ann, 'second')
      await say(ann, 'third')
      await delivered(ann, 'third')
      await others.away(false)
      await connected(bob)
      await back(bob, /3 messages meanwhile/)
      await say(bob, 'after')
      await Promise.all([hears(ann, 'after'), delivered(bob, 'after')])

      const all = ['before', 'first', 'second', 'third', 'after']
      expect([await shown(ann), await shown(bob)]).toEqual([all, all])
      expect(await bob.locator('.missed').count()).toBe(3)
      for (const page of [ann, bob]) {
        expect(await page.locator('#status').textContent()).toBe('Live')
        expect(await page.locator('#unsent .message').count()).toBe(0)
        await expect.poll(() => page.locator('#people li').count()).toBe(2)
      }
      const problems = [...some.problems, ...others.problems]
      expect(problems.filter((said) => !/ERR_CONNECTION|ERR_INTERNET/.test(said))).toEqual([])
      await Promise.all([some.leave(), others.leave()])
    })

    // It is the page that sees to it, with all servers alike.
    if (runtime !== 'node') return
    test('keeps the order, also of what was on its way', async () => {
      const people = await guests(browser, server.url)
      const ann = await people.enter('order', 'Ann')
      await say(ann, 'heard')
      await delivered(ann, 'heard')
      server.kill('SIGSTOP')
      await say(ann, 'on its way')
      await ann.locator('#unsent [data-state=sending]').waitFor()
      server.kill('SIGKILL')
      await server.exited
      await offline(ann)
      for (const text of ['later', 'last']) await say(ann, text)
      server = await start(server.port)
      await connected(ann)
      await delivered(ann, 'last')
      await delivered(ann, 'on its way')
      expect(await shown(ann)).toEqual(['heard', 'on its way', 'later', 'last'])
      await people.leave()
    })
  })
})
