import type { Page } from 'playwright-core'

/** How often a page lays out and computes styles for one frame: more than once is work that nobody sees. */
export async function frameWork(page: Page, frames: number): Promise<number> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  const done = async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    const counts = ['LayoutCount', 'RecalcStyleCount'].map(
      (name) => metrics.find((metric) => metric.name === name)!.value,
    )
    return Math.max(...counts)
  }
  const before = await done()
  await page.evaluate(async (frames) => {
    for (let n = 0; n < frames; n++) await new Promise(requestAnimationFrame)
  }, frames)
  const count = (await done()) - before
  await cdp.detach()
  return count / frames
}
