import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import npm from '../package.json' with { type: 'json' }
import { executablePath, openBrowser } from './browser/chromium.ts'
import { start } from './support/docs/command-line.ts'
import { Followed } from './support/docs/followed.ts'
import { freePort } from './support/docs/free-port.ts'
import { blocks } from './support/docs/markdown.ts'
import { need } from './support/need.ts'

// What starts processes takes its time on a machine that has other things to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const root = join(import.meta.dirname, '..')
const dir = mkdtempSync(join(tmpdir(), 'denwa-package-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function run(file: string, args: string[], cwd = root): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd, maxBuffer: 16 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { message, stdout } = error as Error & { stdout: string }
    throw new Error(`${message}\n${stdout}`, { cause: error })
  }
}

let files: string[]

/** Built, packed, and unpacked beside its peers, as after `npm install`. */
beforeAll(async () => {
  await run('npm', ['run', 'build', '--silent'])
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', dir]
  const [packed] = JSON.parse(await run('npm', pack)) as [
    { filename: string; files: { path: string }[] },
  ]
  files = packed.files.map(({ path }) => path)

  const installed = join(dir, 'node_modules', npm.name)
  mkdirSync(installed, { recursive: true })
  await run('tar', ['-xzf', join(dir, packed.filename), '-C', installed, '--strip-components=1'])
  const peers = Object.keys({ ...npm.peerDependencies, ...npm.dependencies })
  for (const name of [...peers, '@types', 'zod']) {
    const link = join(dir, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  write('package.json', JSON.stringify({ type: 'module' }))
})

const write = (name: string, text: string): void => writeFileSync(join(dir, name), text)

describe('the packed package', () => {
  test('holds what its exports name', () => {
    for (const targets of Object.values(npm.exports)) {
      for (const target of Object.values(typeof targets === 'string' ? [targets] : targets)) {
        expect(files).toContain(target.replace('./', ''))
      }
    }
  })

  test('holds the source that its maps name, and nothing else', () => {
    const built = files.filter((file) => file.endsWith('.js'))
    for (const file of built) expect(files).toContain(file.replace(/^dist(.*)\.js$/, 'src$1.ts'))
    const known =
      /^(?:dist\/.+\.(?:js|d\.ts)(?:\.map)?|src\/.+\.ts|docs\/.+\.md|package\.json|[A-Z]+(?:\.md)?)$/
    expect(files.filter((file) => !known.test(file))).toEqual([])
    expect(files.filter((file) => /\.test\.|(?:^|\/)tools\//.test(file))).toEqual([])
    expect(files).toContain('LICENSE')
  })

  test('serves and answers on Node', async () => {
    write('main.js', main)
    expect(await run(process.execPath, ['main.js'], dir)).toBe('{"type":"echo","data":"hi"}\n')
  })

  test.each(['typescript', 'typescript6'])(
    'has types that resolve without the source (%s)',
    async (compiler) => {
      write('main.ts', types)
      write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['main.ts'] }))
      const tsc = join(root, 'node_modules', compiler, 'bin/tsc')
      const output = await run(process.execPath, [tsc, '-p', dir, '--listFiles'], dir)
      expect(output).toContain('node_modules/denwa/dist/index.d.ts')
      expect(output).not.toContain('denwa/src/')
    },
  )

  test.each(['typescript', 'typescript6'])(
    'has types for a page, which has no Node, and need not know what is disposable (%s)',
    async (compiler) => {
      write('page.ts', page)
      const { types: _, ...rest } = compilerOptions
      const pageOptions = { ...rest, lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [] }
      write('tsconfig.json', JSON.stringify({ compilerOptions: pageOptions, include: ['page.ts'] }))
      const tsc = join(root, 'node_modules', compiler, 'bin/tsc')
      expect(await run(process.execPath, [tsc, '-p', dir], dir)).toBe('')
    },
  )
})

describe('docs/first-socket.md, followed to the letter', () => {
  const page = new Followed('docs/first-socket.md')
  const folders = { Node: 'first-node', Bun: 'first-bun', Deno: 'first-deno' }
  const ports = new Map<string, number>()
  const folderOf = (name: keyof typeof folders): string => join(dir, folders[name])

  beforeAll(async () => {
    for (const name of ['Node', 'Bun', 'Deno'] as const) {
      ports.set(name, await freePort())
      mkdirSync(folderOf(name), { recursive: true })
      page.write(folderOf(name), ports.get(name)!, (text) =>
        text.replaceAll('denwa/node', `denwa/${name.toLowerCase()}`),
      )
    }
  })

  test.each(['Node', 'Bun', 'Deno'] as const)(
    'two clients talk on %s, and come back when the server does',
    async (name) => {
      const commands = [...page.below(name), ...(name === 'Node' ? page.below('A client') : [])]
      const serve = commands.find((text) => text.endsWith(' server.ts'))!
      const talk = commands.find((text) => text.endsWith(' client.ts tea ann'))!
      const run = (command: string) => page.run(command, folderOf(name), ports.get(name))

      const first = run(serve)
      await first.until(/http:\S+/)
      const ann = run(talk)
      await ann.until(/ann is here/)
      const bob = run(commands.find((text) => text.endsWith('bob')) ?? talk.replace('ann', 'bob'))
      await ann.until(/bob is here/)
      ann.type('hi\n')
      await bob.until(/ann: hi/)

      await first.stop()
      await bob.until(/waiting/)
      const second = run(serve)
      for (const each of [ann, bob]) await each.until(/waiting[^]*open/)
      bob.type('again\n')
      await ann.until(/bob: again/)
      for (const each of [ann, bob, second]) await each.stop()
    },
  )

  test('its types are right', async () => {
    const check = page.run('npx tsc', folderOf('Node'))
    expect(await check.ended, check.said()).toBe(0)
  })

  test.each(page.below('In a browser'))('%s makes the script of the page', async (command) => {
    const folder = folderOf('Node')
    rmSync(join(folder, 'page.js'), { force: true })
    const bundle = page.run(command, folder)
    expect(await bundle.ended, bundle.said()).toBe(0)
    // The client, and no schema.
    expect(statSync(join(folder, 'page.js')).size).toBeLessThan(16_384)
  })

  test('the page talks', async ({ skip }) => {
    if (need('Chromium', () => executablePath) === undefined) skip('Chromium is missing')
    const site = start('node site.ts', folderOf('Node'))
    await site.until(/http:\S+/)
    const browser = await openBrowser()
    try {
      const tab = await browser.newPage()
      tab.on('dialog', (dialog) => void dialog.accept('cat'))
      await tab.goto(`http://localhost:${ports.get('Node')}`)
      await tab.fill('input', 'hello')
      await tab.press('input', 'Enter')
      await tab.locator('pre', { hasText: 'cat: hello' }).waitFor({ timeout: 30_000 })
    } finally {
      await browser.close()
      await site.stop()
    }
  })

  test('and there is no other command', () => {
    expect([...page.left]).toEqual([])
  })
})

describe('docs/deploy-cloudflare.md, followed to the letter', () => {
  const page = new Followed('docs/deploy-cloudflare.md')
  const folder = join(dir, 'deploy')
  let port: number

  beforeAll(async () => {
    port = await freePort()
    mkdirSync(join(folder, 'src'), { recursive: true })
    const first = new Followed('docs/first-socket.md')
    first.write(folder, port)
    first.write(join(folder, 'src'), port)
    page.write(folder, 8787)
  })

  test('would be deployed', async () => {
    const dry = page.run('npx wrangler deploy --dry-run --minify', folder)
    expect(await dry.ended, dry.said()).toBe(0)
    expect(dry.said()).toContain('env.ROOM (Room)')
  })

  test('two clients of the first socket talk on it', async () => {
    const server = page.run('npx wrangler dev --port 8787', folder, port)
    await server.until(/Ready on/, 60_000)
    const [ann, bob] = ['ann', 'bob'].map((name) => start(`node client.ts tea ${name}`, folder))
    await ann!.until(/bob is here/)
    ann!.type('hi\n')
    await bob!.until(/ann: hi/)
    for (const each of [ann!, bob!, server]) await each.stop()
  })

  const needAccount = blocks('docs/deploy-cloudflare.md', 'sh account').flatMap(({ text }) =>
    text.split('\n'),
  )
  test.each(needAccount)('%s is a command', async (command) => {
    const help = start(`${command.replace('npx ', '')} --help`, folder)
    expect(await help.ended, help.said()).toBe(0)
  })

  test('and there is no other command', () => {
    expect([...page.left]).toEqual([])
  })
})

const main = `
import { contract, socket } from 'denwa'
import { serve } from 'denwa/node'
import { Hono } from 'hono'
import { WebSocket } from 'ws'
import { z } from 'zod'

const echo = contract({ messages: { echo: z.string() }, events: { echo: z.string() } })
const messages = { echo: (c) => c.send('echo', c.data) }
const server = await serve(new Hono().get('/echo', socket(echo, { messages })), { port: 0 })
const client = new WebSocket(server.url.replace('http', 'ws') + '/echo')
client.on('open', () => client.send(JSON.stringify({ type: 'echo', data: 'hi' })))
client.on('message', (data) => {
  console.log(String(data))
  client.close()
})
client.on('close', () => server.close())
`

const types = `
import { contract, socket } from 'denwa'
import { handler as bun } from 'denwa/bun'
import { durableSocket, handler as worker } from 'denwa/cloudflare'
import { conformance } from 'denwa/conformance'
import { handler as deno } from 'denwa/deno'
import { origin } from 'denwa/handshake'
import { serve } from 'denwa/node'
import { connect } from 'denwa/testing'
import { Hono } from 'hono'
import { z } from 'zod'

const echo = contract({ messages: { echo: z.string() }, events: { echo: z.string() } })
export const room = socket(echo, { messages: { echo: (c) => c.send('echo', c.data) } })
export const app = new Hono().use(origin('https://a.example')).get('/echo', room)
export const server = await serve(app)
export const entries = [bun(app), deno(app), worker(app), connect(app, '/echo'), conformance]
export class Room extends durableSocket(room, (c) => c.env.ROOM.getByName('a')) {}
// @ts-expect-error the types are really there
socket(echo, {})
`

/** What it shares with a server is in one file. */
const page = `
import { contract, socket } from 'denwa'
import { createClient } from 'denwa/client'
import { useSocket } from 'denwa/react'
import { Hono } from 'hono'
import { z } from 'zod'

const echo = contract({ requests: { echo: { input: z.string(), output: z.string() } } })
const app = new Hono().get('/echo', socket(echo, { requests: { echo: (c) => c.data } }))
const client = createClient<typeof app>(location.origin)
export const said: string = await client.echo.$ws({ query: { name: 'Ann' } }).request('echo', 'hi')
export const useEcho = (text: string): Promise<string> | undefined => useSocket(client.echo)?.request('echo', text)
`

const compilerOptions = {
  module: 'NodeNext',
  target: 'ES2023',
  lib: ['ES2023', 'DOM', 'DOM.Iterable'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
}
