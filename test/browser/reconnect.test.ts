import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch } from '../../tools/launch.ts'
import type { Launched } from '../../tools/launch.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { connected, delivered, guests, hears, say } from './guests.ts'

const timeoutMs = 30_000
const entry = `${import.meta.dirname}/../../examples/chat/node.ts`

describeInBrowser('a server that dies and comes back', () => {
  let browser: Browser
  let server: Launched
  beforeAll(async () => {
    browser = await openBrowser()
    server = await launch({ runtime: 'node', entry })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  test(
    'the page says so, keeps what is typed, and reconnects by itself',
    { timeout: timeoutMs },
    async () => {
      const people = await guests(browser, server.url)
      const ann = await people.enter('lobby', 'Ann')
      const bob = await people.enter('lobby', 'Bob')
      expect(await ann.locator('#status').textContent()).toBe('Live')

      server.kill('SIGKILL')
      await server.exited
      for (const page of [ann, bob]) {
        await page.locator('[data-status=waiting] #status').getByText('Offline').waitFor()
        await page
          .locator('#countdown')
          .getByText(/retrying in \d+ s/)
          .waitFor()
      }
      await say(ann, 'Is anybody there?')
      await ann.locator('#toast.shown').getByText('Not connected just now').waitFor()
      expect(await ann.inputValue('#text')).toBe('Is anybody there?')

      server = await launch({ runtime: 'node', entry, port: server.port })
      await Promise.all([connected(ann), connected(bob)])
      expect(await ann.locator('#me').textContent()).toContain('Ann')
      await ann.press('#text', 'Enter')
      await delivered(ann, 'Is anybody there?')
      await hears(bob, 'Is anybody there?')
      await say(bob, 'Back again')
      await hears(ann, 'Back again')
      expect(people.problems.filter((said) => !said.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
    },
  )

  test(
    'words without an answer are marked, and can be sent again',
    { timeout: timeoutMs },
    async () => {
      const people = await guests(browser, server.url)
      const ann = await people.enter('lobby', 'Ann')
      server.kill('SIGSTOP')
      await say(ann, 'into the void')
      await ann.locator('[data-state=sending]').getByText('into the void').waitFor()
      server.kill('SIGKILL')
      await server.exited
      await ann.locator('[data-state=failed]').getByText('The connection was lost').waitFor()

      server = await launch({ runtime: 'node', entry, port: server.port })
      await connected(ann)
      await ann.getByRole('button', { name: 'Try again' }).click()
      await delivered(ann, 'into the void')
    },
  )
})
