import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { launch, runtimes } from '../../tools/launch.ts'
import type { Launched } from '../../tools/launch.ts'
import { need } from '../support/need.ts'
import { bareSocket } from './bare-socket.ts'
import { describeInBrowser, executablePath, openBrowser } from './chromium.ts'
import { connected, delivered, guests, hears, notice, say, shown } from './guests.ts'
import type { Guests } from './guests.ts'

const chat = `${import.meta.dirname}/../../examples/chat`
const phone = { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true }
const widthOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth)

// Here for all files: it is said once.
need('Chromium', () => executablePath)

/** Runs in a page: so many come into a room. */
async function comeIn(visit: { url: string; room: string; count: number }): Promise<void> {
  const join = JSON.stringify({ type: '$join', id: 1, channel: `room/${visit.room}` })
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(visit.url)
      socket.onopen = () => socket.send(join)
      socket.onmessage = ({ data }) => String(data).includes('"id":1') && resolve()
      socket.onerror = reject
    })
  await Promise.all(Array.from({ length: visit.count }, one))
}

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
      await say(bob, 'Hello, Ann \u260E \u{1F44B}')
      await delivered(bob, 'Hello, Ann \u260E \u{1F44B}')
      await hears(ann, 'Hello, Ann \u260E \u{1F44B}')
    })

    test('shows who is typing, until the words are there', async () => {
      await bob.locator('#text').pressSequentially('on my w')
      await ann.locator('#typing.shown').getByText('Bob is typing', { exact: true }).waitFor()
      expect(await bob.locator('#typing.shown').count()).toBe(0)

      await say(bob, 'on my way')
      await hears(ann, 'on my way')
      await ann.locator('#typing:not(.shown)').waitFor({ state: 'attached' })
    })

    test('who comes in reads what was said, and sees who is there', async () => {
      const hall = `hall-${runtime}`
      const cy = await people.enter(hall, 'Cy')
      for (const text of ['one', 'two', 'three']) await say(cy, text)
      await delivered(cy, 'three')
      const di = await people.enter(hall, 'Di')
      expect(await shown(di)).toEqual(['one', 'two', 'three'])
      expect(await di.title()).not.toContain('(')

      await di.locator('#people li', { hasText: 'Cy' }).locator('.avatar').waitFor()
      await cy.locator('#people').getByText('Di', { exact: true }).waitFor()
      expect(await cy.locator('#number').textContent()).toBe('2')
      await cy.reload()
      await connected(cy)
      expect(await shown(cy)).toEqual(['one', 'two', 'three'])
      expect(await cy.locator('.mine').count()).toBe(3)
      await di.close()
      await notice(cy, 'Di left')
      expect(await cy.locator('#people li').count()).toBe(1)
      await cy.close()
    })

    test('shows markup as the text it is', async () => {
      const markup = `<img src=x onerror="document.title='owned'">`
      const eve = await people.enter('lobby', '<b>Eve</b>')
      await notice(ann, '<b>Eve</b> came in')
      await say(eve, markup)
      await delivered(eve, markup)
      await hears(ann, markup)

      await ann.locator('#people').getByText('<b>Eve</b>', { exact: true }).waitFor()
      expect(await ann.locator('.message header').last().textContent()).toContain('<b>Eve</b>')
      for (const page of [ann, eve]) {
        expect(await page.locator('#log img, #log script, main b b').count()).toBe(0)
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
        const empty = await widthOf(cy)
        const di = await onPhones.enter(room, 'Di')
        for (const text of long) {
          await say(cy, text)
          await hears(di, text)
        }
        await say(cy, 'short')
        await delivered(cy, 'short')
        await cy.locator('#here').tap()
        await cy.locator('#side').getByText('Di', { exact: true }).waitFor()
        // Whoever else is here, one's own name can be changed.
        await di.locator('#here').tap()
        const change = await di.locator('#change').boundingBox()
        expect(change!.x + change!.width).toBeLessThan(phone.viewport.width)
        const widths = [front, empty, await widthOf(cy), await widthOf(di)]
        expect(widths).toEqual(widths.map(() => phone.viewport.width))
        expect(onPhones.problems).toEqual([])
      } finally {
        await onPhones.leave()
      }
    })

    test('who comes and goes takes no words away', async () => {
      const room = `door-${runtime}`
      const cy = await people.enter(room, 'Cy')
      await say(cy, 'still here')
      await delivered(cy, 'still here')
      const url = `${server.url.replace('http', 'ws')}/chat/${room}?name=`
      await cy.evaluate(comeIn, { url: `${url}Door`, room, count: 40 })
      await cy.evaluate(comeIn, { url: `${url}Last`, room, count: 1 })
      await notice(cy, 'Last came in')
      expect(await cy.locator('.note').count()).toBe(20)
      expect(await shown(cy)).toEqual(['still here'])
      await cy.close()
    })

    test('is read with the keyboard alone', async () => {
      const cy = await people.enter(`keys-${runtime}`, 'Cy')
      for (const line of ['one', 'two']) await say(cy, `${line}\n`.repeat(60))
      await delivered(cy, 'two\n'.repeat(60).trim())
      const scroller = cy.locator('#scroller')
      const top = await scroller.evaluate((element) => element.scrollTop)
      for (let presses = 0; presses < 12; presses++) {
        await cy.keyboard.press('Shift+Tab')
        if (await scroller.evaluate((element) => element === document.activeElement)) break
      }
      await cy.keyboard.press('Home')
      await expect.poll(() => scroller.evaluate((element) => element.scrollTop)).toBeLessThan(top)
      await cy.close()
    })

    test('answers a bare WebSocket, one frame a message', async () => {
      const url = `${server.url.replace('http', 'ws')}/chat/bare?name=Ann`
      const { protocol, messages } = await ann.evaluate(bareSocket, url)
      expect(protocol).toBe('')
      expect(messages.filter(Array.isArray)).toEqual([])

      const frames = messages.flat()
      expect(frames[0]).toMatchObject({ type: 'welcome', data: { name: 'Ann' } })
      expect(frames.filter(({ type }) => type === 'said')).toMatchObject([
        { offset: 1, data: { from: 'Ann', text: 'one' } },
        { offset: 2, data: { from: 'Ann', text: 'two' } },
      ])
      expect(frames.filter(({ id }) => id !== undefined)).toMatchObject([
        { id: 1, data: { position: [expect.any(String), 0] } },
        { id: 2, data: { from: 'Ann', text: 'one' } },
        { id: 3, data: { from: 'Ann', text: 'two' } },
      ])
      const told = frames.findLast(({ type }) => type === '$presence') as { joined: object }
      expect(Object.values(told.joined)).toEqual([{ name: 'Ann', typing: true }])
    })
  })
})
