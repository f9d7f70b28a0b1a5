import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

/**
 * A page of an example, from a browser profile that has never been here before; live. It goes with the test,
 * which fails if the page complained of anything: exceptions, failed requests, console errors (CSP violations
 * too).
 */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(20_000)
  const problems: string[] = []
  context.on('weberror', (thrown) => void problems.push(thrown.error().message))
  context.on('console', (said) => {
    const isProblem = said.type() === 'error' || said.type() === 'warning'
    // A server that was killed is no fault of a page.
    if (isProblem && !said.text().includes('ERR_CONNECTION')) problems.push(said.text())
  })
  context.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
  })
  onTestFinished(async () => {
    await context.close()
    expect(problems).toEqual([])
  })
  const page = await context.newPage()
  await page.goto(url)
  await live(page)
  return page
}

/** The page waits longer after each attempt that failed. */
export const live = (page: Page): Promise<unknown> => page.waitForSelector('[data-status=open]')
