import { type } from 'arktype'
import { contract, observe, socket } from 'denwa'
import type { Schema } from 'denwa'
import { type TestSocket, connect } from 'denwa/testing'
import { Hono } from 'hono'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'

interface Library {
  /** `{ text, times }`: 1 to 5 characters once trimmed; `times` is 1 if absent. */
  line: Schema
  /** A date that leaves as ISO text. */
  date: Schema
  /** Text, accepted a moment later; absent where the library knows no such thing. */
  later?: Schema
}

const moment = async (): Promise<boolean> => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return true
}

const line = z.object({ text: z.string().trim().min(1).max(5), times: z.number().default(1) })

const libraries: Record<string, Library> = {
  zod: {
    line,
    date: z.date().transform((date) => date.toISOString()),
    later: z.string().refine(moment),
  },
  'zod, compiled': {
    line: z.compile(line),
    date: z.date().transform((date) => date.toISOString()),
  },
  'zod/mini': {
    line: mini.object({
      text: mini.string().check(mini.trim(), mini.minLength(1), mini.maxLength(5)),
      times: mini._default(mini.number(), 1),
    }),
    date: mini.pipe(
      mini.date(),
      mini.transform((date: Date) => date.toISOString()),
    ),
    later: mini.string().check(mini.refine(moment)),
  },
  valibot: {
    line: v.object({
      text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(5)),
      times: v.optional(v.number(), 1),
    }),
    date: v.pipe(
      v.date(),
      v.transform((date) => date.toISOString()),
    ),
    later: v.pipeAsync(v.string(), v.checkAsync(moment)),
  },
  arktype: {
    line: type({ text: type('string.trim').to('1 <= string <= 5'), times: 'number = 1' }),
    date: type('Date').pipe((date) => date.toISOString()),
  },
}

describe.each(Object.entries(libraries))('%s', (_, library) => {
  test('gives handlers what the schema makes of a payload', async () => {
    const { client } = await open(library)
    client.send({ type: 'repeat', id: 1, data: { text: ' hi ' } })
    expect(await client.next()).toEqual({ id: 1, data: { text: 'hi', times: 1 } })
    client.send({ type: 'repeat', id: 2, data: { text: 'ho', times: 3 } })
    expect(await client.next()).toEqual({ id: 2, data: { text: 'ho', times: 3 } })
  })

  test('answers a payload that breaks the schema with its issues, and no handler runs', async () => {
    const { client, seen } = await open(library)
    client.send({ type: 'repeat', id: 1, data: { text: 'far too long', times: 'often' } })
    const refused = (await client.next()) as Refused
    expect(refused).toMatchObject({ id: 1, error: { code: 'invalid' } })
    expect(refused.error.issues.map(({ path }) => path).toSorted()).toEqual([['text'], ['times']])
    for (const { message } of refused.error.issues) expect(message).toMatch(/\w/)
    client.send({ type: 'repeat', id: 2, data: 'no object' })
    expect(await client.next()).toMatchObject({ error: { issues: [{ path: [] }] } })
    expect(seen).toEqual([])
  })

  test('sends what the schema makes of an event, and never one that breaks it', async () => {
    const { client, seen } = await open(library)
    client.send({ type: 'tell', data: { text: 'now' } })
    expect(await client.next()).toEqual({ type: 'told', data: '2026-01-02T03:04:05.000Z' })
    client.send({ type: 'tell', data: { text: 'lie' } })
    expect(await client.next()).toMatchObject({ error: { code: 'internal' } })
    expect(seen).toEqual(['now', 'lie', 'TypeError'])
  })

  test('refuses a reply that breaks the contract as an error of the server', async () => {
    const { client } = await open(library)
    const failures: unknown[] = []
    const end = observe(({ error }) => void failures.push(error))
    client.send({ type: 'repeat', id: 1, data: { text: 'wrong' } })
    expect(await client.next()).toMatchObject({ id: 1, error: { code: 'internal' } })
    end()
    expect(failures).toHaveLength(1)
  })

  test('keeps the order behind a check that takes its time', async ({ skip }) => {
    skip(!library.later, 'has no asynchronous schemas')
    const { client, seen } = await open(library)
    client.send({ type: 'later', data: 'first' })
    client.send({ type: 'repeat', id: 1, data: { text: 'next' } })
    client.send({ type: 'later', data: 'third' })
    client.send({ type: 'repeat', id: 2, data: { text: 'last' } })
    expect(await client.next()).toMatchObject({ id: 1 })
    expect(await client.next()).toMatchObject({ id: 2 })
    expect(seen).toEqual(['first', 'next', 'third', 'last'])
  })
})

interface Refused {
  error: { code: string; issues: { path: (string | number)[]; message: string }[] }
}

interface Line {
  text: string
  times: number
}

async function open(library: Library): Promise<{ client: TestSocket; seen: unknown[] }> {
  const { line, date, later = line } = library
  const seen: unknown[] = []
  const said = contract({
    messages: { tell: line, later },
    requests: { repeat: { input: line, output: line } },
    events: { told: date },
  })
  const app = new Hono().get(
    '/',
    socket(said, {
      messages: {
        tell(c) {
          const { text } = c.data as Line
          seen.push(text)
          try {
            c.send('told', text === 'now' ? new Date(Date.UTC(2026, 0, 2, 3, 4, 5)) : text)
          } catch (error) {
            seen.push((error as Error).name)
            throw error
          }
        },
        later: (c) => void seen.push(c.data),
      },
      requests: {
        repeat(c) {
          const said = c.data as Line
          seen.push(said.text)
          return said.text === 'wrong' ? { text: '' } : said
        },
      },
    }),
  )
  return { client: await connect(app, '/'), seen }
}
