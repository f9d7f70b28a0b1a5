import { spawnSync } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { launch } from '../../tools/launch.ts'
import { start } from '../support/docs/command-line.ts'
import { need } from '../support/need.ts'

const curl = need('curl', () => (spawnSync('curl', ['-V']).status === 0 ? 'curl' : undefined))
const chat = await launch({
  runtime: 'node',
  entry: `${import.meta.dirname}/../../examples/chat/node.ts`,
})
afterAll(() => chat.close())

async function announce(text: string): Promise<void> {
  const response = await fetch(`${chat.url}/chat/lobby/announce`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text }),
  })
  expect(response.status).toBe(200)
}

const read = (more = ''): ReturnType<typeof start> =>
  start(`${curl} -sN ${chat.url}/chat/lobby -H 'accept: text/event-stream' ${more}`)

const texts = (said: string): string[] =>
  [...said.matchAll(/^data: .*"text":"(\w+)"/gm)].map(([, text]) => text as string)

test('curl reads the chat, is cut off, and misses nothing', async ({ skip }) => {
  skip(!curl, 'no curl')
  const first = read()
  await first.until(/^id: \S+:0$/m)
  await announce('one')
  await announce('two')
  await first.until(/"text":"two"/)
  expect(texts(first.said())).toEqual(['one', 'two'])
  await first.stop()
  await announce('three')
  await announce('four')

  const id = [...first.said().matchAll(/^id: (.*)$/gm)].at(-1)?.[1]
  const second = read(`-H 'last-event-id: ${id}'`)
  await second.until(/"text":"four"/)
  await announce('five')
  await second.until(/"text":"five"/)
  expect(texts(second.said())).toEqual(['three', 'four', 'five'])
  await second.stop()
})

test('curl is told when to come back as the chat ends', async ({ skip }) => {
  skip(!curl, 'no curl')
  const reader = read()
  await reader.until(/^id: /m)
  chat.kill('SIGTERM')
  await reader.until(/^id: [^]*^retry: \d+\n\n$/m)
  expect(await chat.exited).toBe(0)
  expect(chat.stderr()).toBe('')
  await reader.stop()
})
