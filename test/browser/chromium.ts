import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { describe, test } from 'vitest'

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const args: string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Two hosts of one site.
  '--host-resolver-rules=MAP app.test 127.0.0.1, MAP sub.app.test 127.0.0.1',
]

/** Where this machine has it, if it has. */
export const executablePath: string | undefined = [process.env.CHROMIUM ?? usual]
  .flat()
  .find((path) => existsSync(path))

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath!, args })

/** A suite that needs a browser; one test that says so where there is none. */
export function describeInBrowser(name: string, suite: () => void): void {
  if (executablePath) describe(name, suite)
  else test(name, ({ skip }) => skip('Chromium is missing on this machine'))
}
