import type { Page } from 'playwright-core'

/** What a page computes for a frame, in milliseconds of its main thread: whoever else is at work does not count. */
export async function frameTime(page: Page, frames: number): Promise<number> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  const spent = async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'ThreadTime')!.value
  }
  const before = await spent()
  await page.evaluate(async (frames) => {
    for (let n = 0; n < frames; n++) await new Promise(requestAnimationFrame)
  }, frames)
  const seconds = (await spent()) - before
  await cdp.detach()
  return (seconds * 1000) / frames
}
