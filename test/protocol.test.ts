import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, expect, test } from 'vitest'
import { credential } from '../src/handshake.ts'
import { maxAge } from '../src/heartbeat.ts'
import { serve } from '../src/node.ts'
import { root } from '../tools/command.ts'
import { examplesApp } from './support/docs/examples-app.ts'
import { blocks, read } from './support/docs/markdown.ts'
import { payingApp } from './support/docs/paying-app.ts'
import { rememberingApp } from './support/docs/remembering-app.ts'
import { play } from './support/docs/transcript.ts'

const document = read('PROTOCOL.md')
const members: Record<string, { user: string; expiresInMs?: number }> = {
  ann: { user: 'ann', expiresInMs: 3_600_000 },
  bob: { user: 'bob' },
}
/** The same endpoint, behind what some clauses speak of, and the one of those on channels that remember. */
const app = new Hono()
  .use('/P-9', maxAge(100))
  .use('/P-14', credential({ from: ['frame'], verify: (token) => members[token] ?? null }))
  .route('/P-9', examplesApp)
  .route('/P-14', examplesApp)
  .route('/P-15', rememberingApp)
  .route('/P-16', rememberingApp)
  .route('/P-17', payingApp)
  .route('/', examplesApp)
const server = await serve(app, { port: 0, hostname: '127.0.0.1' })
afterAll(() => server.close())

const examples = blocks('PROTOCOL.md', 'text').map(
  (block) => [clauseAt(block.line), block] as const,
)

test.each(examples)('the example of %s is what a server says', (clause, block) =>
  play(block, server.url, '/' + (/^P-(9|1[4567])(?=\.)/.exec(clause)?.[0] ?? '')),
)

test.each(blocks('docs/channels.md', 'text').map((block) => [block.line, block] as const))(
  'the example of docs/channels.md:%i is what a server says',
  (_, block) => play(block, server.url, '/P-15'),
)

test('every frame that is shown is JSON', () => {
  const shown = [...document.matchAll(/`([{[].*?[}\]])`|^[<>] ([{[].*)$/gm)]
  expect(shown.length).toBeGreaterThan(50)
  for (const [, inline, whole] of shown) {
    expect(() => JSON.parse((inline ?? whole) as string), inline ?? whole).not.toThrow()
  }
})

test('clauses are numbered one by one within their section', () => {
  const sections = document.split(/^## /m).slice(1)
  for (const [index, section] of sections.entries()) {
    expect(section).toMatch(new RegExp(`^${index + 1}\\. `))
    const clauses = [...section.matchAll(/^\*\*(P-\d+\.\d+)\*\*/gm)].map(([, number]) => number)
    expect(clauses).toEqual(clauses.map((_, place) => `P-${index + 1}.${place + 1}`))
    expect(clauses.length).toBeGreaterThan(0)
  }
})

test('every clause that is quoted somewhere is there', () => {
  const known = new Set(document.match(/(?<=^\*\*)P-\d+\.\d+/gm))
  const sources = ['src', 'test', 'examples', 'bench'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  )
  const quoted = [document, read('README.md'), read('docs/channels.md'), ...sources].flatMap(
    (text) => text.match(/\bP-\d+\.\d+/g) ?? [],
  )
  expect(quoted.filter((clause) => !known.has(clause))).toEqual([])
})

/** The clause to which a line belongs. */
function clauseAt(line: number): string {
  const above = document.split('\n').slice(0, line).join('\n')
  return [...above.matchAll(/^\*\*(P-\d+\.\d+)\*\*/gm)].at(-1)?.[1] ?? 'no clause'
}
