import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import npm from '../package.json' with { type: 'json' }
import { INITIAL_CREDIT } from '../src/connection/call.ts'
import { MAX_CHANNELS } from '../src/channel/hub.ts'
import { opentelemetry } from '../src/opentelemetry.ts'
import { prometheus } from '../src/prometheus.ts'
import { MAX_DEPTH } from '../src/protocol/codec.ts'
import { MAX_ERROR_BYTES, MAX_FRAMES, MAX_ISSUES } from '../src/protocol/frame.ts'
import { GUARD_TIMEOUT_MS, MAX_MESSAGE_BYTES } from '../src/runtime/port.ts'
import { type RawSocket, connect } from '../src/testing/raw-client.ts'
import { root, sourceCondition } from '../tools/command.ts'
import { launch } from '../tools/launch.ts'
import { type Running, scriptOf, start } from './support/docs/command-line.ts'
import { examples } from './support/docs/doc-comments.ts'
import { freePort } from './support/docs/free-port.ts'
import { type Block, blocks, documents, nameOf, read } from './support/docs/markdown.ts'
import { play } from './support/docs/transcript.ts'
import { Workspace } from './support/docs/workspace.ts'

// What starts processes takes its time on a machine that has other things to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Begin with an empty folder, and are followed to the letter elsewhere: by the test of the package. */
const followed = ['docs/first-socket.md', 'docs/deploy-cloudflare.md']
const workspace = new Workspace()
afterAll(() => workspace.remove())

/** Documents that are followed have folders of their own; all others share one, and use files of each other. */
function fileOf(block: Block): string {
  const { document, line, language } = block
  const folder = followed.includes(document) ? `${basename(document, '.md')}/` : ''
  return folder + (nameOf(block) ?? `${document.replace('/', '-')}-${line}.${language}`)
}
const snippets = documents.flatMap((document) =>
  ['ts', 'tsx'].flatMap((of) => blocks(document, of)),
)
const commands = documents
  .flatMap((document) => blocks(document, 'sh'))
  .flatMap((block) => block.text.split('\n').map((text) => ({ block, text })))
/** What a test of this file has started. */
const started = new Set<string>()
const LISTENING = /listening on (http:\S+)/
for (const each of snippets) workspace.write(fileOf(each), each.text, each.line)
workspace.write('deploy-cloudflare/src/app.ts', textOf('first-socket/app.ts'))

test('every snippet, and every example in a doc comment, compiles', async () => {
  const found = await examples()
  expect(found.length).toBeGreaterThan(10)
  for (const { file, line, language, text } of found) {
    workspace.write(`src/${file}-${line}.${language}`, text, line)
  }
  expect(new Set(snippets.map(fileOf)).size).toBe(snippets.length)
  expect(await workspace.compile()).toBe('')
})

describe('the echo of the first screen', () => {
  test('is served by its entry, and heard by its client on Node and Bun', async () => {
    const port = await freePort()
    const server = run('node server.ts', port)
    try {
      const socket = await patiently(() => connect(`http://127.0.0.1:${port}`, { target: '/echo' }))
      socket.send('{"type":"echo","data":{"text":"hi"}}')
      expect(await socket.next()).toBe('{"type":"echo","data":{"text":"hi"}}')
      socket.destroy()
      for (const command of ['node echo-client.ts', 'bun echo-client.ts']) {
        const client = run(command, port)
        await client.until(/^hi$/m)
        await client.stop()
      }
    } finally {
      await server.stop()
    }
  })

  test.each([
    'bun bun-server.ts',
    'deno run --allow-net deno-server.ts',
    'deno serve --allow-net --port 8787 deno-export.ts',
  ])('is served by %s', async (command) => {
    const port = await freePort()
    const server = run(command, port)
    try {
      const socket = await patiently(() => connect(`http://127.0.0.1:${port}`, { target: '/echo' }))
      socket.destroy()
    } finally {
      await server.stop()
    }
  })
})

test('the chat of the first screen talks, and tells who is there', async () => {
  const port = await freePort()
  const server = run('node lobby.ts', port)
  await server.until(/http:\S+/)
  const clients = [run('node lobby-client.ts', port), run('node lobby-client.ts', port)]
  for (const client of clients) {
    await client.until(/^joined/m)
    await client.until(/ann: hello[^]*ann: hello/)
    await client.until(/ann is here/)
  }
  for (const each of [...clients, server]) await each.stop()
})

test('the tests that the documents show pass', async () => {
  const files = ['app.test.ts', 'chat.test.ts', 'round-trip.test.ts', 'archived.test.ts']
  const said = await tested(files)
  for (const [index, count] of ['2 tests', '1 test', '1 test', String.raw`\d\d tests`].entries()) {
    expect(said).toMatch(new RegExp(`✓.*${files[index]}.*${count}`))
  }
  expect(said).not.toContain('failed')
})

test('the Durable Object of the document lives', async () => {
  const entry = join(workspace.path, 'worker.ts')
  const server = await launch({ runtime: 'durable', entry })
  try {
    const socket = await connect(server.url, { target: '/chat/lobby?name=Ann' })
    expect(await socket.next()).toBe('{"type":"$joined","channel":"room/lobby","data":{}}')
    expect(await socket.next()).toBe('{"type":"welcome","data":{"name":"Ann"}}')
    socket.destroy()
  } finally {
    await server.close()
  }
})

describe('the chat of docs/contract.md', () => {
  let chat: Running
  let url: string
  beforeAll(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    chat = run('node chat-server.ts', port)
    ;(await patiently(() => connect(url, { target: '/chat/lobby' }))).destroy()
  })
  afterAll(() => chat.stop())
  const here = (text: string): string => text.replaceAll('127.0.0.1:8787', new URL(url).host)

  test('says what docs/client.md shows', async () => {
    const [shown, ...more] = blocks('docs/client.md', 'text')
    expect(more).toEqual([])
    await play(shown!, url, '/chat/lobby')
  })

  test('talks with wscat', async () => {
    const { text } = commands.find((each) => each.text.startsWith('npx wscat'))!
    const client = start(here(text.replace('npx ', '')))
    await client.until(/"type":"welcome"/)
    client.type('{"type":"say","id":1,"data":{"text":"hi"}}\n')
    expect((await client.until(/\{"id":1,"data":(.*)\}/))[1]).toContain('"text":"hi"')
    await client.stop()
  })

  test('talks with the WebSocket of a browser', async () => {
    const page = "Object.assign(globalThis, { location: { host: '127.0.0.1:8787' } })\n"
    workspace.write('console.ts', here(page + textOf('browser.ts')))
    const console = start('node console.ts', workspace.path)
    await console.until(/\{"id":1,"data":.*"text":"hi"/)
    await console.stop()
  })

  test('answers the client of docs/client.md, and counts for it', async () => {
    const client = run('node client.ts', Number(new URL(url).port))
    await client.until(/text: 'hello'[^]*^3$[^]*^2$[^]*^1$/m)
    await client.stop()
  })
})

describe('commands', () => {
  test('those that begin stand alone, on the first screen', () => {
    const alone = commands.filter(({ block }) => !block.text.includes('\n'))
    for (const command of ['npm ci && npm start', 'npm ci && npm test']) {
      expect(alone.find(({ text }) => text === command)?.block.line).toBeLessThan(50)
    }
  })

  test('install what a package of this repository asks for', () => {
    const known = [npm.name, 'zod', ...Object.keys(npm.peerDependencies)]
    const installed = commands.flatMap(
      ({ text }) => /^(?:npm i|bun add|deno add) (.*)$/.exec(text)?.[1]?.split(' ') ?? [],
    )
    const names = new Set(installed.map((name) => name.replace('npm:', '')))
    expect([...names].toSorted()).toEqual(known.toSorted())
  })

  const inline = documents.flatMap(
    (document) => read(document).match(/(?<=`)npm [a-z][^`]*/g) ?? [],
  )
  const scripts = [...commands.map(({ text }) => text), ...inline].filter((text) =>
    /^npm (run|test|start)\b/.test(text),
  )
  test.each([...new Set(scripts)])('%s is there', (command) => {
    const script = scriptOf(command)
    const [file] = /\S+\.ts/.exec(script ?? '') ?? []
    if (file) expect(existsSync(join(root, file))).toBe(true)
    else expect(script).toMatch(/^vitest run|^oxfmt /)
  })

  const runs = scripts.filter((text) => /^npm (start$|run example -- )/.test(text))
  test.each(runs)('%s listens', async (command) => {
    const example = start(`${scriptOf(command)!.replace(/ --port \d+/, '')} --port 0`)
    await example.until(LISTENING)
    await example.stop()
  })

  test('there is no other', () => {
    const rest = commands
      .filter(({ block }) => !followed.includes(block.document))
      .map(({ text }) => text)
      .filter((text) => !/^(np[mx]|bun add|deno add) /.test(text) && !started.has(text))
    expect(rest).toEqual([])
  })
})

describe('docs/index.md', () => {
  const pages = [...read('docs/index.md').matchAll(/^- \[.*?\]\((\S+\.md)\)/gm)].map(
    ([, page]) => page as string,
  )

  test('names every page', () => {
    const all = documents.filter((name) => /^docs\/(?!index)/.test(name))
    expect(pages.map((page) => `docs/${page}`).toSorted()).toEqual(all.toSorted())
  })

  test.each(pages.map((page, index) => [page, pages[index + 1] ?? '../PROTOCOL.md']))(
    '%s begins with what one gets, and leads to %s',
    (page, next) => {
      const text = read(`docs/${page}`)
      expect(text).toMatch(/^# .*\n\nYou get /)
      expect(text.trimEnd().split('\n').at(-1)).toContain('Next: ')
      expect(text.trimEnd().split('\n').at(-1)).toContain(`](${next})`)
    },
  )
})

test('links lead somewhere', () => {
  const lost = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:)([^)#]*)(#[^)]*)?\)/g)]
      .filter(
        ([, file, anchor]) => !leads(join(dirname(document), file || basename(document)), anchor),
      )
      .map(([link]) => `${document} ${link}`),
  )
  expect(lost).toEqual([])
})

test.each(['docs/limits.md', 'PROTOCOL.md'])(
  'the limits in %s are those of the code',
  (document) => {
    const text = read(document).replaceAll(/(?<=\d),(?=\d{3})/g, '')
    const [limits = ''] = /^## (\d+\. )?Limits\n[^]*?(?=^## )/m.exec(text) ?? []
    const bytes = (count: number): string => `(${count} bytes|${count / 1024} KiB)`
    const rows = [
      String.raw`message from .*\| ${bytes(MAX_MESSAGE_BYTES)} \|`,
      String.raw`nesting of .*\| ${MAX_DEPTH} \|`,
      String.raw`frames in .*array \| ${MAX_FRAMES} \|`,
      String.raw`channels of a connection \| ${MAX_CHANNELS} \|`,
      String.raw`error frame \| ${bytes(MAX_ERROR_BYTES)}, ${MAX_ISSUES} issues \|`,
    ]
    for (const row of rows) expect(limits).toMatch(new RegExp(row))
    expect(text).toMatch(
      new RegExp(`(${INITIAL_CREDIT} to begin with|credit of ${INITIAL_CREDIT} )`),
    )
    expect(text).toMatch(new RegExp(`${GUARD_TIMEOUT_MS / 1000} (s|seconds)\\b`))
  },
)

test('the metrics in docs/operations.md are those of the code', () => {
  const names: string[] = []
  const stop = prometheus({
    registerMetric: ({ name }) => void names.push(name),
    removeSingleMetric() {},
  })
  const make = (name: string) => void names.push(name)
  const meter = { createCounter: make, createHistogram: make, createUpDownCounter: make }
  opentelemetry({ tracer: false, meter: meter as never })()
  stop()
  const told = [...read('docs/operations.md').matchAll(/^\| `(denwa[._]\S+)` \|/gm)]
  expect(told.map(([, name]) => name).toSorted()).toEqual(names.toSorted())
})

/** Runs a command of a document in the workspace, from the sources, at a port that is free. */
function run(command: string, port: number): Running {
  started.add(command)
  const flags = {
    node: `node --conditions=${sourceCondition}`,
    bun: `bun --conditions=${sourceCondition}`,
    'deno run': `deno run --conditions=${sourceCondition} --no-lock --cached-only --no-prompt --allow-env`,
    'deno serve': `deno serve --conditions=${sourceCondition} --no-lock --cached-only --no-prompt --allow-env`,
  }
  const [program, begin] = Object.entries(flags).find(([name]) => command.startsWith(name))!
  const [, file = ''] = /(\S+\.ts)$/.exec(command) ?? []
  const own = `at-${port}-${file}`
  workspace.write(own, textOf(file).replaceAll('8787', String(port)))
  const text = command.replace(program, begin).replace(file, own).replace('8787', String(port))
  return start(text, workspace.path)
}

function leads(file: string, anchor: string | undefined): boolean {
  if (!existsSync(join(root, file))) return false
  if (anchor === undefined) return true
  const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  return headings.includes(anchor.slice(1))
}

function textOf(file: string): string {
  return snippets.find((each) => fileOf(each) === file)!.text
}

/** What vitest has to say of tests of the documents. */
function tested(files: readonly string[]): Promise<string> {
  const resolve = { conditions: [sourceCondition] }
  const config = JSON.stringify({ resolve, ssr: { resolve } })
  workspace.write('vitest.config.js', `export default ${config}`)
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')),
  )
  return workspace.run('vitest/vitest.mjs', ['run', '--root', workspace.path, ...files], env)
}

async function patiently(dial: () => Promise<RawSocket>): Promise<RawSocket> {
  for (let tries = 0; ; tries++) {
    try {
      return await dial()
    } catch (error) {
      if (tries === 600) throw error
      await sleep(50)
    }
  }
}
