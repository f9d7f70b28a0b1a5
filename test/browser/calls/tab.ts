import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { root, sourceCondition } from '../../../tools/command.ts'
import { type Proxy, type Weather, proxyTo } from '../../support/proxy.ts'
import type { Entering, Seen } from './recorder.ts'

/** Longest that anything may take that has no bound of its own. */
const PATIENCE_MS = 30_000

/** What a test looks at. */
export interface Look extends Seen {
  readonly status: string
  readonly isJoined: boolean
  readonly members: string[]
}

/** A page with a client in it, and the network between it and the server. */
export class Tab {
  readonly page: Page
  /** Another one each time that somebody enters. */
  net!: Proxy
  readonly #serverPort: number

  constructor(page: Page, serverPort: number) {
    this.page = page
    this.#serverPort = serverPort
  }

  /** Enters, with nothing of a former life. */
  async enter(entering: Entering, weather: Weather = {}): Promise<void> {
    this.net = await proxyTo(this.#serverPort)
    this.net.set(weather)
    await this.page.goto(`http://127.0.0.1:${this.net.port}/call.html`)
    await this.#call(entering)
  }

  /** Enters again, in the same place. */
  async reload(entering: Entering): Promise<void> {
    await this.page.reload()
    await this.#call(entering)
  }

  /** Goes somewhere else. */
  async leave(): Promise<void> {
    await this.page.goto('about:blank')
    await this.net?.close()
  }

  #call(entering: Entering): Promise<void> {
    return this.page.evaluate((entering) => enterCall(entering), entering)
  }

  look(): Promise<Look> {
    return this.page.evaluate(() => ({
      ...call.seen,
      status: call.socket.status,
      isJoined: call.isJoined(),
      members: call.members(),
    }))
  }

  say(...texts: string[]): Promise<void> {
    return this.page.evaluate((texts) => call.say(...texts), texts)
  }

  /** Waits for it to be so; looks again and again, for a hidden page has no clock to wait on. */
  async until(what: string, isSo: (look: Look) => boolean, withinMs = PATIENCE_MS): Promise<Look> {
    for (const late = performance.now() + withinMs; ;) {
      const look = await this.look()
      if (isSo(look)) return look
      if (performance.now() > late) {
        throw new Error(`${what}: not within ${withinMs} ms, but ${JSON.stringify(look)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Has everything up to its own position, and knows who else is there. */
  joined(...members: string[]): Promise<Look> {
    const all = members.toSorted().join()
    return this.until(
      `joined with ${all}`,
      ({ status, isJoined, members }) =>
        status === 'open' && isJoined && members.toSorted().join() === all,
    )
  }
}

let script: Promise<string> | undefined

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${import.meta.dirname}/recorder.ts`],
    bundle: true,
    format: 'iife',
    target: 'es2023',
    conditions: [sourceCondition, 'browser'],
    write: false,
    logLevel: 'silent',
    absWorkingDir: root,
  })
  return outputFiles[0]!.text
}

/** The pages of the app are as empty as can be: the client comes with the tab. */
export async function openTab(page: Page, serverPort: number): Promise<Tab> {
  await page.addInitScript(await (script ??= bundle()))
  return new Tab(page, serverPort)
}
