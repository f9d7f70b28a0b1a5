import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
import { type Block, blocks, read } from './support/docs/markdown.ts'
import { play } from './support/docs/transcript.ts'
import { Workspace } from './support/docs/workspace.ts'

const documents = [
  ...['README.md', 'PROTOCOL.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...['policies', 'operations', 'channels', 'brokers', 'durable-objects', 'events'].map(
    (name) => `docs/${name}.md`,
  ),
]
const workspace = new Workspace()
afterAll(() => workspace.remove())

/** The first line of a block may name its file: `// app.ts`. */
const fileOf = ({ document, line, text }: Block): string =>
  /^\/\/ (\S+\.ts)\n/.exec(text)?.[1] ?? `${document}-${line}.ts`
const snippets = documents.flatMap((document) => blocks(document, 'ts'))
const commands = documents
  .flatMap((document) => blocks(document, 'sh'))
  .flatMap((block) => block.text.split('\n').map((text) => ({ block, text })))
const LISTENING = /listening on (http:\S+)/
for (const each of snippets) workspace.write(fileOf(each), each.text, each.line)

test('every snippet, and every example in a doc comment, compiles', async () => {
  const found = await examples()
  expect(found.length).toBeGreaterThan(10)
  for (const { file, line, text } of found) workspace.write(`src/${file}-${line}.ts`, text, line)
  expect(new Set(snippets.map(fileOf)).size).toBe(snippets.length)
  expect(await workspace.compile()).toBe('')
}, 30_000)

describe('the echo of the first screen', () => {
  test('is served by its entry', async () => {
    const port = await freePort()
    workspace.write('echo.ts', textOf('server.ts').replace('8787', String(port)))
    const server = start('node --conditions=@denwa/source echo.ts', workspace.path)
    try {
      const socket = await patiently(() => connect(`http://127.0.0.1:${port}`, { target: '/echo' }))
      socket.send('{"type":"echo","data":{"text":"hi"}}')
      expect(await socket.next()).toBe('{"type":"echo","data":{"text":"hi"}}')
      socket.destroy()
    } finally {
      await server.stop()
    }
  })

  test('passes the tests that the document shows', async () => {
    expect(await tested('app.test.ts')).toMatch(/Tests .*2 passed/)
  }, 20_000)
})

test('the broker of the document passes the tests that are shown for it', async () => {
  const said = await tested('archived.test.ts')
  expect(said).toMatch(/Tests .*\d\d passed/)
  expect(said).not.toContain('failed')
}, 30_000)

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
}, 20_000)

describe('the chat', () => {
  let chat: Running
  let url: string
  beforeAll(async () => {
    chat = start(`${scriptOf('npm start')} --port 0`)
    url = (await chat.until(LISTENING))[1] as string
  })
  afterAll(() => chat.stop())
  const here = (text: string): string => text.replaceAll('127.0.0.1:8787', new URL(url).host)

  test('says what the document shows', async () => {
    const [shown, ...more] = blocks('README.md', 'text')
    expect(more).toEqual([])
    await play(shown!, url, '/chat/lobby')
  })

  test('talks with wscat', async () => {
    const { text } = commands.find((each) => each.text.startsWith('npx wscat'))!
    const client = start(here(text.replace('npx ', '')))
    await client.until(/"type":"joined"/)
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
      ({ text }) => /^npm i (.*)$/.exec(text)?.[1]?.split(' ') ?? [],
    )
    expect(installed.toSorted()).toEqual(known.toSorted())
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

  const runs = scripts.filter((text) => text.startsWith('npm run example'))
  test.each(runs)('%s listens', async (command) => {
    const example = start(`${scriptOf(command)!.replace(/ --port \d+/, '')} --port 0`)
    await example.until(LISTENING)
    await example.stop()
  })

  test('there is no other', () => {
    // The echo of the first screen is started above.
    const rest = commands
      .map(({ text }) => text)
      .filter((text) => !/^np[mx] /.test(text) && text !== 'node server.ts')
    expect(rest).toEqual([])
  })
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

test.each(['README.md', 'PROTOCOL.md'])('the limits in %s are those of the code', (document) => {
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
  expect(text).toMatch(new RegExp(`(${INITIAL_CREDIT} to begin with|credit of ${INITIAL_CREDIT} )`))
  expect(text).toMatch(new RegExp(`${GUARD_TIMEOUT_MS / 1000} (s|seconds)\\b`))
})

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

/** What vitest has to say of a test of the documents. */
function tested(file: string): Promise<string> {
  const resolve = { conditions: [sourceCondition] }
  const config = JSON.stringify({ resolve, ssr: { resolve } })
  workspace.write('vitest.config.js', `export default ${config}`)
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')),
  )
  return workspace.run('vitest/vitest.mjs', ['run', '--root', workspace.path, file], env)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function patiently(dial: () => Promise<RawSocket>): Promise<RawSocket> {
  for (let tries = 0; ; tries++) {
    try {
      return await dial()
    } catch (error) {
      if (tries === 100) throw error
      await sleep(50)
    }
  }
}
