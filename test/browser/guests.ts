import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const timeoutMs = 20_000

export interface Guests {
  tab(): Promise<Page>
  /** A new tab in a room, connected. */
  enter(room: string, name: string): Promise<Page>
  /** What the tabs complained of: exceptions, failed requests, console errors (CSP violations too). */
  readonly problems: string[]
  /** Takes the network from them, or gives it back. */
  away(isAway: boolean): Promise<void>
  leave(): Promise<void>
}

/** Tabs of a browser profile that has never been here before. */
export async function guests(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {},
): Promise<Guests> {
  const context = await browser.newContext({ baseURL, ...options })
  context.setDefaultTimeout(timeoutMs)
  const problems: string[] = []
  context.on('weberror', (thrown) => void problems.push(thrown.error().message))
  context.on('console', (said) => {
    if (said.type() === 'error' || said.type() === 'warning') problems.push(said.text())
  })
  context.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
  })

  const tab = (): Promise<Page> => context.newPage()
  return {
    tab,
    async enter(room, name) {
      const page = await tab()
      await page.goto(`/chat/${room}?${new URLSearchParams({ name })}`)
      await connected(page)
      return page
    },
    problems,
    away: (isAway) => context.setOffline(isAway),
    leave: () => context.close(),
  }
}

/** In the room, with all that was said before. The page waits longer after each attempt that failed. */
export const connected = (page: Page): Promise<unknown> =>
  page.waitForSelector('[data-status=open] #log[aria-busy=false]', {
    state: 'attached',
  })

/** What the page shows of what was said, from the first to the last. */
export const shown = (page: Page): Promise<string[]> =>
  page.locator('#log .bubble').allTextContents()

export async function say(page: Page, text: string): Promise<void> {
  await page.fill('#text', text)
  await page.press('#text', 'Enter')
}

/** Waits for these very words from somebody else. */
export const hears = (page: Page, text: string): Promise<void> =>
  page.locator('.message:not(.mine) .bubble').getByText(text, { exact: true }).waitFor()

/** Waits until these very words of one's own are on the channel. */
export const delivered = (page: Page, text: string): Promise<void> =>
  page
    .locator('#log .mine[data-state=sent]', { hasText: 'Delivered' })
    .getByText(text, { exact: true })
    .waitFor()

/** Waits until the page is cut off, and says so. */
export async function offline(page: Page): Promise<void> {
  await page
    .locator('[data-status=waiting] #status')
    .getByText(/^Offline/)
    .waitFor()
  await page.locator('#offline:visible').waitFor()
}

/** Waits for the line that says how long one was away, and what that has cost. */
export const back = (page: Page, cost: RegExp): Promise<void> =>
  page
    .locator('.divider')
    .getByText(new RegExp(`^Back after \\d+ s \u00b7 ${cost.source}`))
    .last()
    .waitFor()

export const notice = (page: Page, text: string): Promise<void> =>
  page.locator('.note').getByText(text, { exact: true }).waitFor()
