import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launch } from '../../tools/launch.ts'
import type { Launched } from '../../tools/launch.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { back, connected, delivered, guests, hears, offline, say, shown } from './guests.ts'
import type { Guests } from './guests.ts'

const entry = `${import.meta.dirname}/../../examples/chat/node.ts`

/** How far one would have to scroll. */
const toTheEnd = (page: Page): Promise<number> =>
  page
    .locator('#scroller')
    .evaluate(
      ({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop,
    )

describeInBrowser('a server that dies and comes back', () => {
  let browser: Browser
  let server: Launched
  let people: Guests
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    server = await launch({ runtime: 'node', entry })
    people = await guests(browser, server.url)
  })
  afterEach(async () => {
    await people.leave()
    await server.close()
  })
  const kill = async (): Promise<void> => {
    server.kill('SIGKILL')
    await server.exited
  }
  const again = async (): Promise<void> => {
    server = await launch({ runtime: 'node', entry, port: server.port })
  }

  test('the page keeps what is typed, and what waits', async () => {
    const ann = await people.enter('lobby', 'Ann')
    for (let line = 0; line < 20; line++) await say(ann, `line ${line}`)
    await delivered(ann, 'line 19')
    await kill()
    await offline(ann)
    await say(ann, 'Is anybody there?')
    await ann.fill('#text', 'half a')
    await again()
    await connected(ann)
    await delivered(ann, 'Is anybody there?')
    expect(await ann.inputValue('#text')).toBe('half a')
    await expect.poll(() => toTheEnd(ann)).toBeLessThan(1)
    await ann.reload()
    expect(await ann.inputValue('#text')).toBe('half a')
    expect(people.problems.filter((said) => !said.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
  })

  test('that has forgotten what was said has the page say so, and words in doubt are marked', async () => {
    const ann = await people.enter('lobby', 'Ann')
    await say(ann, 'kept in memory')
    await delivered(ann, 'kept in memory')
    server.kill('SIGSTOP')
    await say(ann, 'into the void')
    await ann.locator('[data-state=sending]').getByText('into the void').waitFor()
    await kill()
    await again()
    await connected(ann)
    await back(ann, /some messages are lost/)
    const failed = ann.locator('[data-state=failed]', { hasText: 'It may not have arrived' })
    await failed.getByText('into the void').waitFor()
    await failed.getByRole('button', { name: 'Try again' }).click()
    await delivered(ann, 'into the void')
    await ann.getByRole('button', { name: 'Load again' }).click()
    await connected(ann)
    expect(await shown(ann)).toEqual(['into the void'])
  })

  test('that closes for good has the page say why, and how to come back', async () => {
    const ann = await people.tab()
    let removed = false
    await ann.routeWebSocket(/\/chat\//, (socket) => {
      const behind = socket.connectToServer()
      behind.onMessage((text) => {
        if (String(text).includes('"type":"said"') && !removed) {
          removed = true
          void socket.close({ code: 4009, reason: 'removed' })
        } else socket.send(text)
      })
    })
    await ann.goto('/chat/lobby?name=Ann')
    await connected(ann)
    await say(ann, 'remove me')
    await ann.locator('#ended:visible').getByText('removed (4009)').waitFor()
    expect(await ann.locator('#status').textContent()).toBe('Closed')
    expect(await ann.locator('#composer').isVisible()).toBe(false)
    await ann.getByRole('button', { name: 'Come back in' }).click()
    await connected(ann)
  })

  test('counts what is said while nobody reads', async () => {
    const ann = await people.enter('lobby', 'Ann')
    const bob = await people.enter('lobby', 'Bob')
    for (let line = 0; line < 30; line++) await say(ann, `line ${line}`)
    await hears(bob, 'line 29')
    await bob.locator('#scroller').evaluate((scroller) => (scroller.scrollTop = 0))
    await say(ann, 'one more')
    await bob.getByRole('button', { name: '1 new message' }).click()
    await bob.locator('#newer').waitFor({ state: 'hidden' })
    await bob.getByText('one more', { exact: true }).waitFor()
    expect(await bob.getByText('one more', { exact: true }).isVisible()).toBe(true)
  })
})
