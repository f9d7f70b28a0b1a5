import fc from 'fast-check'
import { type Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../../test/support/arbitrary.ts'
import { fastest } from '../../../test/support/time.ts'
import { type Source, find, isSource } from './source.ts'

/** What is found in a request with these headers. */
function found(headers: Record<string, string>, ...sources: Source[]): string | undefined {
  const raw = new Request('http://localhost/', { headers })
  return find({ req: { raw } } as Context, sources)
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

describe('in a subprotocol', () => {
  const offered = (header: string): string | undefined =>
    found({ 'sec-websocket-protocol': header }, 'subprotocol')

  test('it is the base64url of the first entry with the prefix', () => {
    expect(offered('denwa.bearer.c2VjcmV0')).toBe('secret')
    expect(offered('chat, denwa.bearer.c2VjcmV0, other')).toBe('secret')
    expect(offered(`denwa.bearer.${base64url('a')}, denwa.bearer.${base64url('b')}`)).toBe('a')
    expect(offered(`denwa.bearer.${base64url('ü~?>\u{1f600}')}`)).toBe('ü~?>\u{1f600}')
  })

  test('what is none is no credential', () => {
    for (const header of [
      '',
      'chat',
      'bearer.c2VjcmV0',
      'Denwa.Bearer.c2VjcmV0',
      'denwa.bearer',
      'denwa.bearer.',
      'denwa.bearer.c2VjcmV0=',
      'denwa.bearer.a',
      'denwa.bearer.c2Vj.cmV0',
      'denwa.bearer._w',
      'denwa.bearer.c2VjcmV0, chat, chat',
      'denwa.bearer.c2VjcmV0, a b',
    ]) {
      expect([header, offered(header)]).toEqual([header, undefined])
    }
  })

  test('any text survives the way there', () => {
    fc.assert(
      fc.property(anyText(50), (text) => {
        fc.pre(text !== '' && text.isWellFormed() && !text.startsWith('\ufeff'))
        expect(offered(`denwa.bearer.${base64url(text)}`)).toBe(text)
      }),
    )
  })
})

describe('in a header', () => {
  const authorized = (header: string): string | undefined =>
    found({ authorization: header }, 'header')

  test('its scheme is Bearer, in any case', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      expect(authorized(`${scheme} abc.DEF-_~+/==`)).toBe('abc.DEF-_~+/==')
    }
    expect(authorized('  Bearer   x ')).toBe('x')
  })

  test('and no other', () => {
    for (const header of [
      ...['', 'x', 'Bearer', 'Bearer ', 'Basic eDp5', 'Token x', 'Bearerx', 'XBearer x'],
      ...['Bearer x y', 'Bearer x, Bearer y', 'Bearer x,', 'Bearer ="', 'Bearer x=y', 'Bearer\tx'],
      ...['Digest username="Bearer x"', 'Bearer: x', 'Bearer "x"', 'Bearer x\u00e9'],
    ]) {
      expect([header, authorized(header)]).toEqual([header, undefined])
    }
    const twice = new Headers([
      ['authorization', 'Bearer x'],
      ['authorization', 'Bearer y'],
    ])
    expect(found(Object.fromEntries(twice), 'header')).toBeUndefined()
  })
})

describe('in a cookie', () => {
  const baked = (header: string): string | undefined => found({ cookie: header }, 'cookie:sid')

  test('it is the first of that name', () => {
    expect(baked('sid=x')).toBe('x')
    expect(baked('a=1; sid=x; b=2')).toBe('x')
    expect(baked('sid=x; sid=y')).toBe('x')
    expect(baked('  sid = x ')).toBe('x')
    expect(baked('sid=a=b')).toBe('a=b')
    expect(baked('sid="x"')).toBe('x')
    expect(baked('sid=100%')).toBe('100%')
  })

  test('and not another, nor an empty one', () => {
    for (const header of [
      '',
      'sid',
      'sid=',
      'sid=""',
      'Sid=x',
      'xsid=x',
      'sid2=x',
      'a=sid=x',
      '=x',
    ]) {
      expect([header, baked(header)]).toEqual([header, undefined])
    }
  })

  test('it is what Hono has set, and what it would find', async () => {
    const app = new Hono<any>()
      .get('/set', (c) => {
        setCookie(c, 'sid', c.req.query('value') ?? '')
        return c.text('set')
      })
      .get('/get', (c) => c.json([getCookie(c, 'sid'), find(c, ['cookie:sid'])]))
    const text = fc.oneof(fc.constantFrom('a b;c=d', '"', '%', '%41', 'a+/=', 'ü'), anyText(30))
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        fc.pre(value !== '' && value.isWellFormed())
        const set = await app.request(`/set?value=${encodeURIComponent(value)}`)
        const cookie = (set.headers.get('set-cookie') ?? '').split(';')[0] as string
        const got = await app.request('/get', { headers: { cookie } })
        expect(await got.json()).toEqual([value, value])
      }),
    )
  })
})

test('places are looked at in their order, and an empty one is passed by', () => {
  const headers = {
    'sec-websocket-protocol': 'denwa.bearer.YQ',
    authorization: 'Bearer b',
    cookie: 'sid=c',
  }
  expect(found(headers, 'subprotocol', 'header', 'cookie:sid')).toBe('a')
  expect(found(headers, 'cookie:sid', 'header')).toBe('c')
  expect(found(headers, 'frame', 'header')).toBe('b')
  expect(found(headers, 'frame')).toBeUndefined()
  expect(found({ ...headers, cookie: 'sid=' }, 'cookie:sid', 'header')).toBe('b')
  expect(found({ ...headers, authorization: 'Basic x' }, 'header', 'cookie:sid')).toBe('c')
})

test('places have names', () => {
  const names = ['subprotocol', 'header', 'frame', 'cookie:sid', 'cookie:__Host-sid']
  expect(names.filter(isSource)).toEqual(names)
  const others = ['', 'query', 'cookie', 'cookie:', 'cookie:a b', 'cookie:a=b', 'Header', undefined]
  expect(others.filter(isSource)).toEqual([])
})

test('a long header costs no time', () => {
  const long = {
    'sec-websocket-protocol': `a${' ,'.repeat(8_000)}`,
    authorization: `Bearer ${'='.repeat(8_000)}x${' '.repeat(8_000)}y`,
    cookie: `${';='.repeat(8_000)}sid`,
  }
  expect(fastest(() => found(long, 'subprotocol', 'header', 'cookie:sid'))).toBeLessThan(20)
})
