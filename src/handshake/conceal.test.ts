import fc from 'fast-check'
import { type Context, Hono } from 'hono'
import { logger } from 'hono/logger'
import { describe, expect, test } from 'vitest'
import { raw } from '../raw.ts'
import { connect } from '../testing/connect.ts'
import { conceal, concealedIn } from './conceal.ts'

conceal('pass')
conceal('key')

interface Seen {
  url: string
  query: Record<string, string>
  taken: Record<string, string>
  printed: string
}

/** What is seen of a handshake with this query, and what was taken out of it. */
async function seen(query: string, env: object = {}): Promise<Seen> {
  let seen: Seen | undefined
  const lines: string[] = []
  const look = (c: Context): Seen => ({
    url: c.req.url.replace('http://localhost', ''),
    query: c.req.query(),
    taken: { ...concealedIn(c) },
    printed: '',
  })
  const app = new Hono()
    .use(logger((line) => void lines.push(line)))
    .get('/room/:room', raw({ state: (c) => ((seen = look(c)), {}) }))
  const { response } = await connect(app, `/room/a%20b${query}`, { env })
  expect(response.status).toBe(101)
  return { ...(seen as Seen), printed: lines.join() }
}

describe('a concealed parameter', () => {
  test('is in no URL, no query and no log, and in the hands of its policy', async () => {
    const { url, query, taken, printed } = await seen('?pass=s3cret')
    expect([url, query, taken]).toEqual(['/room/a%20b', {}, { pass: 's3cret' }])
    expect(printed).toContain('/room/a%20b')
    expect(printed).not.toContain('s3cret')
  })

  test('leaves the others as they were written', async () => {
    for (const others of ['a=%20+%C3%BC&b', 'b&a=1&a=2', 'x=%ff', 'passport=1', '=1&&', '?a=/?']) {
      for (const query of [`pass=s3cret&${others}`, `${others}&pass=s3cret`]) {
        expect((await seen(`?${query}`)).url).toBe(`/room/a%20b?${others}`)
      }
      expect((await seen(`?${others}`)).url).toBe(`/room/a%20b?${others}`)
    }
  })

  test('is found however its name is written, and each time it stands there', async () => {
    const { url, taken } = await seen('?%70ass=one&x=1&pass=two&pas%73=three&key=%2B+')
    expect([url, taken]).toEqual(['/room/a%20b?x=1', { pass: 'one', key: '+ ' }])
  })

  test('may be named like a member of a prototype by the client', async () => {
    const { url, taken } = await seen('?__proto__=1&constructor=2')
    expect([url, taken]).toEqual(['/room/a%20b?__proto__=1&constructor=2', {}])
  })

  test('is taken out of what Node calls the URL, and is not within the bindings', async () => {
    const incoming = { url: '/room/a%20b?pass=s3cret&x=%20' }
    await seen('?pass=s3cret', { incoming })
    expect(incoming.url).toBe('/room/a%20b?x=%20')
    let printed = ''
    const app = new Hono().get('/', raw({ state: (c) => ((printed = print(c.env)), {}) }))
    await connect(app, '/?pass=s3cret')
    expect(printed).toContain('mark')
    expect(printed).not.toContain('s3cret')
  })

  test('is left alone in what is no handshake', async () => {
    const app = new Hono().get('/', (c) => c.text(c.req.query('pass') ?? ''))
    expect(await (await app.request('/?pass=here')).text()).toBe('here')
  })

  test('is gone from any query, and nothing else is', async () => {
    const name = fc.constantFrom('pass', 'key', 'a', 'Pass', '%70ass', 'k%65y', 'passe', '')
    const value = fc.constantFrom('=', '', '=1', '=%3D', '=a+b', '=x=y')
    const query = fc.array(
      fc.tuple(name, value).map((pair) => pair.join('')),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(query, async (pairs) => {
        const { url } = await seen(`?${pairs.join('&')}`)
        const [, after = ''] = url.split('?')
        const names = [...new URLSearchParams(after).keys()]
        expect(names).not.toContain('pass')
        expect(names).not.toContain('key')
        const others = [...new URLSearchParams(pairs.join('&'))].filter(
          ([name]) => name !== 'pass' && name !== 'key',
        )
        expect([...new URLSearchParams(after)]).toEqual(others)
      }),
      { numRuns: 200 },
    )
  })
})

/** Symbols and all, as a careless log does. */
function print(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Reflect.ownKeys(value)
    .map((key) => `${String(key)}: ${print((value as Record<PropertyKey, unknown>)[key])}`)
    .join()
}
