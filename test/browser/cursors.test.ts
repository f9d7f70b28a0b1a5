import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Launched, launch, runtimes } from '../../tools/launch.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'
import { frameWork } from './frame-work.ts'
import { live, visit } from './visit.ts'

const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true }
const entryOf = (runtime: string): string =>
  `${import.meta.dirname}/../../examples/cursors/${runtime}.ts`
let boards = 0

/** Somebody else's pointer on a page. */
const pointer = (page: Page, name: string): Locator =>
  page.locator('.pointer:visible').filter({ hasText: name })

/** Where its tip is, in hundredths of the board. */
async function tip(page: Page, name: string): Promise<number[]> {
  const { width, height } = page.viewportSize()!
  const box = await pointer(page, name).boundingBox()
  if (!box) return []
  return [(box.x / width) * 100, (box.y / height) * 100].map(Math.round)
}

/** It glides there. */
const arrives = (page: Page, name: string, at: number[]): Promise<void> =>
  expect.poll(() => tip(page, name)).toEqual(at)

async function moveTo(page: Page, [left, top]: [number, number]): Promise<void> {
  const { width, height } = page.viewportSize()!
  await page.mouse.move((width * left) / 100, (height * top) / 100)
}

describeInBrowser('cursors in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  function enter(
    server: Launched,
    board: string,
    name: string,
    options: BrowserContextOptions = {},
  ): Promise<Page> {
    return visit(browser, `${server.url}/boards/${board}?name=${name}`, options)
  }

  test('shows clicks also to who wants no motion', async () => {
    const server = await launch({ runtime: 'node', entry: entryOf('node') })
    onTestFinished(() => server.close())
    const ann = await enter(server, 'calm', 'Ann', { reducedMotion: 'reduce' })
    // It is there for a moment only.
    const ring = await ann.evaluateHandle(() => {
      const seen: { opacity?: string } = {}
      new MutationObserver(([{ addedNodes: [ripple] } = { addedNodes: [] }]) => {
        if (ripple) seen.opacity ??= getComputedStyle(ripple as Element, '::before').opacity
      }).observe(document.querySelector('#ripples')!, { childList: true })
      return seen
    })
    await ann.mouse.click(30, 300)
    await expect.poll(() => ring.jsonValue()).toEqual({ opacity: '0.9' })
  })

  test.each(runtimes)('on %s: pointers move, and leave with their page', async (runtime) => {
    const server = await launch({ runtime, entry: entryOf(runtime) })
    onTestFinished(() => server.close())
    const ann = await enter(server, 'lobby', 'Ann')
    const bob = await enter(server, 'lobby', 'Bob')
    await bob.getByText('2 here').waitFor()
    expect(await pointer(bob, 'Ann').count()).toBe(0)
    await moveTo(ann, [20, 20])
    await arrives(bob, 'Ann', [20, 20])
    await moveTo(ann, [70, 30])
    await moveTo(bob, [40, 60])
    await arrives(bob, 'Ann', [70, 30])
    await arrives(ann, 'Bob', [40, 60])

    await ann.mouse.down()
    await bob.locator('.ripple').waitFor({ state: 'attached' })
    await ann.getByLabel('Your name').fill('Anne')
    await ann.keyboard.press('Enter')
    await pointer(bob, 'Anne').waitFor()
    await ann.close()
    await expect.poll(() => pointer(bob, 'Anne').count(), { timeout: 3_000 }).toBe(0)
    await bob.getByText('1 here').waitFor()
  })

  describe('on Node', () => {
    let server: Launched
    beforeAll(async () => {
      server = await launch({ runtime: 'node', entry: entryOf('node') })
    })
    afterAll(() => server?.close())

    test('a finger and the arrow keys are pointers too', async () => {
      const board = `b${boards++}`
      const ann = await enter(server, board, 'Ann', phone)
      const bob = await enter(server, board, 'Bob')
      await ann.touchscreen.tap(32, 160)
      await arrives(bob, 'Ann', [10, 25])
      // Where nobody else shows it, the page does.
      await pointer(ann, 'Ann').waitFor()
      expect(await ann.evaluate(() => document.documentElement.scrollWidth)).toBe(320)

      await bob.locator('#board').focus()
      for (let n = 0; n < 5; n++) await bob.keyboard.press('ArrowLeft')
      await bob.keyboard.press('ArrowDown')
      await arrives(ann, 'Bob', [40, 52])
    })

    test('who does not move fades', async () => {
      const board = `b${boards++}`
      const ann = await enter(server, board, 'Ann')
      const bob = await enter(server, board, 'Bob')
      await moveTo(ann, [20, 20])
      await pointer(bob, 'Ann').waitFor()
      await bob.locator('.pointer.idle').waitFor()
      await moveTo(ann, [30, 20])
      await bob.locator('.pointer:not(.idle)').waitFor()
    })

    test('50 bots come, move, and go, and are drawn once a frame', async () => {
      const board = `b${boards++}`
      const ann = await visit(browser, `${server.url}/boards/${board}?bots=50`)
      const bob = await enter(server, board, 'Bob')
      await bob.getByText('52 here').waitFor()
      const all = bob.locator('.pointer:visible')
      await expect.poll(() => all.count()).toBe(50)
      const places = (): Promise<string[]> =>
        all.evaluateAll((all) => all.map((each) => (each as HTMLElement).style.transform))
      const before = new Set(await places())
      await expect
        .poll(async () => (await places()).filter((place) => !before.has(place)).length)
        .toBeGreaterThan(25)
      expect(await frameWork(bob, 60)).toBeLessThan(2)

      await ann.getByRole('button', { name: 'Send the bots home' }).click()
      await bob.getByText('2 here', { exact: true }).waitFor()
      // That of Ann, who clicked.
      expect(await all.count()).toBe(1)
    })
  })

  test('nothing queues while the server is away', async () => {
    let server = await launch({ runtime: 'node', entry: entryOf('node') })
    onTestFinished(() => server.close())
    const ann = await enter(server, 'lobby', 'Ann')
    const bob = await enter(server, 'lobby', 'Bob')
    await moveTo(ann, [20, 20])
    await arrives(bob, 'Ann', [20, 20])
    server.kill('SIGKILL')
    await server.exited
    for (const page of [ann, bob]) {
      await page
        .locator('#status')
        .getByText(/^Offline/)
        .waitFor()
    }
    const sent: string[] = []
    ann.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => void sent.push(String(payload))),
    )
    for (let left = 20; left <= 80; left += 2) await moveTo(ann, [left, 40])

    server = await launch({ runtime: 'node', entry: entryOf('node'), port: server.port })
    await Promise.all([live(ann), live(bob)])
    await arrives(bob, 'Ann', [80, 40])
    expect(sent.join().match(/"move"/g)).toHaveLength(1)
    await bob.getByText('2 here').waitFor()
    await ann.reload()
    await live(ann)
    await moveTo(ann, [50, 80])
    await arrives(bob, 'Ann', [50, 80])
  })
})
