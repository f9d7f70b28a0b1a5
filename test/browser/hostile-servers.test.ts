import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root, sourceCondition } from '../../tools/command.ts'
import { type Behaviour, awaitedOf, behaviours } from '../runtime/hostile-servers/behaviours.ts'
import { type Hostile, hostile } from '../runtime/hostile-servers/server.ts'
import { faults } from '../runtime/hostile-servers/verdict.ts'
import type { suffer } from '../runtime/hostile-servers/victim.ts'
import { describeInBrowser, openBrowser } from './chromium.ts'

/** A page dials slowly where much has failed. */
const PER_PAGE = 16

const script = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [`${root}/test/runtime/hostile-servers/victim.ts`],
    bundle: true,
    format: 'iife',
    globalName: 'victim',
    conditions: [sourceCondition],
    write: false,
  })
  return outputFiles[0]!.text
}

/** A browser makes one handshake after the other with each port, so each behaviour has one of its own. */
async function serversOf(names: readonly string[]): Promise<Map<string, Hostile>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await hostile()] as const)))
}

describeInBrowser('a client in Chromium', () => {
  let browser: Browser
  let content: string
  beforeAll(async () => {
    ;[browser, content] = await Promise.all([openBrowser(), script()])
  })
  afterAll(() => browser?.close())

  const all = Object.entries(behaviours)
  const pages = Array.from({ length: Math.ceil(all.length / PER_PAGE) }, (_, n) =>
    all.slice(n * PER_PAGE, (n + 1) * PER_PAGE),
  )

  test('lives through all that a server can do, and comes back no more often than it should', async () => {
    const found = await Promise.all(
      pages.map(async (entries) => {
        const table: Record<string, Behaviour> = Object.fromEntries(entries)
        const names = Object.keys(table)
        const servers = await serversOf(['', ...names])
        const page = await (await browser.newContext()).newPage()
        const thrown: string[] = []
        page.on('pageerror', ({ message }) => thrown.push(message))
        page.on('crash', () => thrown.push('the page has crashed'))
        await page.addScriptTag({ content })
        const fates = await page.evaluate(
          async ({ ports, awaited }) => {
            const { victim } = globalThis as unknown as { victim: { suffer: typeof suffer } }
            return victim.suffer((name) => `ws://127.0.0.1:${ports[name]}`, awaited, 3000)
          },
          {
            ports: Object.fromEntries([...servers].map(([name, { port }]) => [name, port])),
            awaited: awaitedOf(table),
          },
        )
        await page.context().close()
        for (const server of servers.values()) server.close()
        return [...thrown, ...faults(table, fates, (name) => servers.get(name)!.visits(name))]
      }),
    )
    expect(found.flat()).toEqual([])
  })
})
