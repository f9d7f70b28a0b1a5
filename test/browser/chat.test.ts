import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { launch, runtimes } from '../../tools/launch.ts'
import type { Launched } from '../../tools/launch.ts'
import { need } from '../support/need.ts'
import { bareSocket } from './bare-socket.ts'
import { describeInBrowser, executablePath, openBrowser } from './chromium.ts'
import { connected, delivered, guests, hears, notice, say } from './guests.ts'
import type { Guests } from './guests.ts'

const chat = `${import.meta.dirname}/../../examples/chat`
const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }
const widthOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth)

// Here for all files: it is said once.
need('Chromium', () => executablePath)

describeInBrowser('chat in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  describe.each(runtimes)('on %s', (runtime) => {
    let server: Launched
    let people: Guests
    let ann: Page
    let bob: Page
    beforeAll(async () => {
      server = await launch({ runtime, entry: `${chat}/${runtime}.ts` })
      people = await guests(browser, server.url)
      ann = await people.tab()
      await ann.goto('/')
      await ann.getByLabel('Your name').fill('Ann')
      await ann.getByRole('button', { name: 'Enter the room' }).click()
      await connected(ann)
      bob = await people.enter('lobby', 'Bob')
      await notice(ann, 'Bob came in')
    })
    afterAll(async () => {
      await people?.leave()
      await server?.close()
    })
    afterEach(() => {
      expect(people.problems).toEqual([])
    })

    test('two tabs in one room talk both ways', async () => {
      await say(ann, 'Hello, Bob')
      await delivered(ann, 'Hello, Bob')
      await hears(bob, 'Hello, Bob')
      await say(bob, 'Hello, Ann \u260E')
      await delivered(bob, 'Hello, Ann \u260E')
      await hears(ann, 'Hello, Ann \u260E')
    })

    test('shows who is typing, until the words are there', async () => {
      await bob.locator('#text').pressSequentially('on my w')
      await ann.locator('#typing.shown').getByText('Bob is typing', { exact: true }).waitFor()
      expect(await bob.locator('#typing.shown').count()).toBe(0)

      await say(bob, 'on my way')
      await hears(ann, 'on my way')
      await ann.locator('#typing:not(.shown)').waitFor({ state: 'attached' })
    })

    test('shows markup as the text it is', async () => {
      const markup = `<img src=x onerror="document.title='owned'">`
      const eve = await people.enter('lobby', '<b>Eve</b>')
      await notice(ann, '<b>Eve</b> came in')
      await say(eve, markup)
      await delivered(eve, markup)
      await hears(ann, markup)

      expect(await ann.locator('.message header').last().textContent()).toContain('<b>Eve</b>')
      for (const page of [ann, eve]) {
        expect(await page.locator('#log img, #log script, #log b b, #me b').count()).toBe(0)
        expect(await page.title()).toContain('#lobby')
      }
      await eve.close()
      await notice(ann, '<b>Eve</b> left')
    })

    test('fits a phone, whatever is said', async () => {
      const room = 'thirty-two-characters-and-no-end'
      const long = ['x'.repeat(400), `https://example.com/${'y'.repeat(300)}`]
      const onPhones = await guests(browser, server.url, phone)
      try {
        const cy = await onPhones.tab()
        await cy.goto('/')
        const front = await widthOf(cy)
        await cy.goto(`/chat/${room}?name=${'W'.repeat(24)}`)
        await connected(cy)
        const di = await onPhones.enter(room, 'Di')
        for (const text of long) {
          await say(cy, text)
          await hears(di, text)
        }
        await say(cy, 'short')
        await delivered(cy, 'short')
        const widths = [front, await widthOf(cy), await widthOf(di)]
        expect(widths).toEqual(widths.map(() => phone.viewport.width))
        expect(onPhones.problems).toEqual([])
      } finally {
        await onPhones.leave()
      }
    })

    test('answers a bare WebSocket, one frame a message', async () => {
      const url = `${server.url.replace('http', 'ws')}/chat/bare?name=Ann`
      const { protocol, messages } = await ann.evaluate(bareSocket, url)
      expect(protocol).toBe('')
      expect(messages.filter(Array.isArray)).toEqual([])

      const frames = messages.flat()
      expect(frames.map(({ type }) => type).filter(Boolean)).toEqual([
        'welcome',
        '$joined',
        'joined',
        ...['typing', 'typing', 'said', 'said'],
      ])
      expect(frames.filter(({ type }) => type === 'typing')).toMatchObject([
        { data: { who: 'Ann', on: true } },
        { data: { who: 'Ann', on: false } },
      ])
      expect(frames.filter(({ id }) => id !== undefined)).toMatchObject([
        { id: 1, data: { from: 'Ann', text: 'one' } },
        { id: 2, data: { from: 'Ann', text: 'two' } },
      ])
    })
  })
})
