import fc from 'fast-check'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { raw } from '../raw.ts'
import { connect } from '../testing/connect.ts'
import { type OriginOptions, origin } from './origin.ts'
import type { OriginCheck } from './origins.ts'

type Allow = string | string[] | OriginCheck

async function statusOf(
  app: Hono<any, any, any>,
  headers: Record<string, string>,
): Promise<number> {
  return (await connect(app, '/', { headers })).response.status
}

function guarded(allow?: Allow, options?: OriginOptions): Hono {
  const app = new Hono()
  if (allow !== undefined) app.use(origin(allow, options))
  return app.get('/', raw({}))
}

async function verdict(allow: Allow, from: string): Promise<number> {
  return statusOf(guarded(allow), { origin: from })
}

describe('without a policy', () => {
  const from = (header: string, host = 'app.example'): Promise<number> =>
    statusOf(guarded(), { host, origin: header })

  test('a page of the same host and port may connect', async () => {
    expect(await from('https://app.example')).toBe(101)
    expect(await from('http://app.example')).toBe(101)
    expect(await from('https://app.example:8443', 'app.example:8443')).toBe(101)
    expect(await from('https://app.example', 'app.example:443')).toBe(101)
    expect(await from('http://app.example', 'APP.example:80')).toBe(101)
    expect(await from('http://[::1]:3000', '[::1]:3000')).toBe(101)
  })

  test('every other page is refused, and every other spelling', async () => {
    const others = [
      'https://evil.example',
      'https://sub.app.example',
      'https://example',
      'https://app.example:8443',
      'https://app.example.',
      'HTTPS://app.example',
      'https://APP.example',
      'https://app.example/',
      'https://app.example:443',
      'https://user@app.example',
      'https://app.example, https://app.example',
      'https://app.example\\',
      'https://app.example%00',
      '//app.example',
      'app.example',
      'ws://app.example',
      'file://app.example',
      'null',
      '',
    ]
    for (const header of others) expect([header, await from(header)]).toEqual([header, 403])
  })

  test('no string is of the same origin but the one that browsers send', async () => {
    const part = fc.constantFrom(
      ...'ab./:@?#%\\ ,*180',
      'http://',
      'https://',
      'app.example',
      ':8443',
    )
    const header = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''))
    const near = fc
      .tuple(fc.constantFrom('http://', 'https://', 'HTTP://', '//', ''), header)
      .map(([scheme, rest]) => `${scheme}app.example:8443${rest}`)
    await fc.assert(
      fc.asyncProperty(fc.oneof(header, near), async (value) => {
        if ((await from(value, 'app.example:8443')) !== 101) return
        expect(value.trim()).toMatch(/^https?:\/\/app\.example:8443$/)
      }),
      { numRuns: 500 },
    )
  })

  test('what a proxy would say of the host is not heard', async () => {
    const headers = {
      host: 'app.example',
      origin: 'https://evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
      'x-original-host': 'evil.example',
      forwarded: 'host=evil.example',
    }
    expect(await statusOf(guarded(), headers)).toBe(403)
  })

  test('a request without Origin may connect only if it has no cookie', async () => {
    expect(await statusOf(guarded(), {})).toBe(101)
    expect(await statusOf(guarded(), { cookie: 'session=1' })).toBe(403)
    expect(await statusOf(guarded(), { cookie: 'session=1', origin: 'http://localhost' })).toBe(101)
  })
})

describe('a list', () => {
  test('admits exactly what is in it', async () => {
    const list = ['https://a.example', 'http://b.example:8080', 'capacitor://localhost']
    for (const header of list) expect([header, await verdict(list, header)]).toEqual([header, 101])
    for (const header of [
      'https://b.example:8080',
      'http://b.example',
      'https://a.example:443',
      'https://A.example',
      'https://a.example.evil',
      'capacitor://localhost2',
      'null',
    ]) {
      expect([header, await verdict(list, header)]).toEqual([header, 403])
    }
  })

  test('replaces the same-origin default', async () => {
    expect(await verdict('https://a.example', 'http://localhost')).toBe(403)
    expect(await verdict([], 'http://localhost')).toBe(403)
  })

  test('has `*` for whole labels on the left, and not for the apex', async () => {
    const pattern = 'https://*.example.com'
    for (const header of [
      'https://a.example.com',
      'https://a.b.example.com',
      'https://xn--a-b.example.com',
    ]) {
      expect([header, await verdict(pattern, header)]).toEqual([header, 101])
    }
    for (const header of [
      'https://example.com',
      'https://evilexample.com',
      'https://.example.com',
      'https://a..example.com',
      'https://a.example.com.evil',
      'https://a.example.com:8443',
      'http://a.example.com',
      'https://evil.com/.example.com',
      'https://evil.com?.example.com',
      'https://evil@a.example.com',
      'https://a_b.example.com',
    ]) {
      expect([header, await verdict(pattern, header)]).toEqual([header, 403])
    }
  })

  test('admits no string outside its grammar', async () => {
    const app = guarded('https://*.example.com')
    const part = fc.constantFrom(...'ab-._:/@?#%\\ ,*1A', 'https://', '.example.com', 'example.com')
    const near = fc
      .array(part, { maxLength: 6 })
      .map((parts) => `https://${parts.join('')}.example.com`)
    const header = fc.oneof(
      near,
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
    )
    await fc.assert(
      fc.asyncProperty(header, async (value) => {
        if ((await statusOf(app, { origin: value })) !== 101) return
        // White space around a header's value is none of it.
        expect(value.trim()).toMatch(/^https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)*\.example\.com$/)
      }),
      { numRuns: 500 },
    )
  })

  test('admits of arbitrary origins those in it, and each spelling of them only once', async () => {
    // What begins with xn-- has to be Punycode.
    const label = fc
      .stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/)
      .filter((text) => !text.startsWith('xn--'))
    const host = fc
      .array(label, { minLength: 1, maxLength: 3 })
      .map((labels) => `${labels.join('.')}.example`)
    const port = fc.constantFrom('', ':8443', ':1')
    const entry = fc
      .tuple(fc.constantFrom('https://', 'http://'), host, port)
      .map((all) => all.join(''))
    const spoilt: ((origin: string) => string)[] = [
      (origin) => origin,
      (origin) => origin.toUpperCase(),
      (origin) => `${origin}/`,
      (origin) => `${origin}.`,
      (origin) => `${origin}:443`,
      (origin) => `${origin}0`,
      (origin) => origin.replace('://', '://a.'),
      (origin) => origin.replace('://', '://u@'),
      (origin) => origin.replace('http', 'ws'),
      (origin) => origin.replace('.example', '.example.evil'),
      (origin) => `${origin}, ${origin}`,
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(entry, { minLength: 1, maxLength: 4 }),
        entry,
        fc.constantFrom(...spoilt),
        async (list, other, spoil) => {
          for (const asked of [spoil(list[0] as string), spoil(other)]) {
            const wanted = list.includes(asked) ? 101 : 403
            expect([asked, await verdict(list, asked)]).toEqual([asked, wanted])
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  test('refuses at once what is no origin', () => {
    for (const entry of [
      '*',
      'null',
      '',
      'example.com',
      'https://example.com/',
      'https://EXAMPLE.com',
      'https://example.com:443',
      'https://*',
      'https://*example.com',
      'https://a.*.example.com',
      'https://*.*.example.com',
      'https://user@example.com',
      'https://é.example',
      'capacitor://*.localhost',
      'https://*.example.com:443',
      'https://*..example.com',
      'https://*.example.com/',
      'https://*.com',
      'https://*.com:8443',
      'https://*.localhost',
      'https://*.com.',
    ]) {
      expect(() => origin(entry), entry).toThrow(TypeError)
    }
  })
})

describe('self, in a list', () => {
  test('is what the default admits', async () => {
    const app = guarded(['self', 'https://other.example'])
    const from = (page: string): Promise<number> =>
      statusOf(app, { host: 'app.example', origin: page })
    expect(await from('https://app.example')).toBe(101)
    expect(await from('https://other.example')).toBe(101)
    expect(await from('https://evil.example')).toBe(403)
    expect(await from('self')).toBe(403)
    expect(await verdict('self', 'http://localhost')).toBe(101)
  })
})

describe('hosts', () => {
  const rebound = { host: 'evil.example:3000', origin: 'http://evil.example:3000' }

  test('are the names to which the server answers, whatever the page', async () => {
    expect(await statusOf(guarded(), rebound)).toBe(101)
    const app = guarded('self', { hosts: ['Chat.example', 'localhost:3000', '[::1]'] })
    const at = (host: string, page = `http://${host.toLowerCase()}`): Promise<number> =>
      statusOf(app, { host, origin: page })
    expect(await statusOf(app, rebound)).toBe(403)
    for (const host of ['chat.example', 'CHAT.example:8443', 'localhost:3000', '[::1]:5000']) {
      expect([host, await at(host)]).toEqual([host, 101])
    }
    for (const host of [
      'localhost',
      'localhost:3001',
      'x.chat.example',
      'chat.example.',
      'hat.example',
    ]) {
      expect([host, await at(host)]).toEqual([host, 403])
    }
    expect(await statusOf(app, { host: 'evil.example' })).toBe(403)
  })

  test('that are none are refused at once', () => {
    for (const hosts of [
      [],
      [''],
      ['https://chat.example'],
      ['chat.example/'],
      ['*.example'],
      ['a b'],
    ]) {
      expect(() => origin('self', { hosts })).toThrow(TypeError)
    }
  })
})

describe('localhost', () => {
  const at = (
    host: string,
    page: string,
    options: OriginOptions = { localhost: true },
  ): Promise<number> => statusOf(guarded('https://chat.example', options), { host, origin: page })

  test('pages of this machine, at any port, are admitted if that is asked for', async () => {
    for (const page of [
      'http://localhost:5173',
      'https://localhost',
      'http://app.localhost:5173',
      'http://127.0.0.1:8080',
      'http://[::1]:8080',
    ]) {
      expect([page, await at('localhost:3000', page)]).toEqual([page, 101])
      expect([page, await at('localhost:3000', page, {})]).toEqual([page, 403])
    }
    expect(await at('127.0.0.1:3000', 'http://localhost:5173')).toBe(101)
    expect(await at('localhost:3000', 'https://chat.example')).toBe(101)
  })

  test('no other page is, and none where the server has a public name', async () => {
    for (const page of [
      'http://localhost.evil.example',
      'http://evillocalhost',
      'http://127.0.0.1.evil.example',
      'http://128.0.0.1',
      'http://LOCALHOST:5173',
      'http://localhost:5173/',
      'ftp://localhost',
      'null',
    ]) {
      expect([page, await at('localhost:3000', page)]).toEqual([page, 403])
    }
    expect(await at('chat.example', 'http://localhost:5173')).toBe(403)
    expect(await at('evil.example', 'http://evil.example')).toBe(403)
  })

  test('is a host, too, beside those that are named', async () => {
    const options = { localhost: true, hosts: ['chat.example'] }
    expect(await at('localhost:3000', 'http://localhost:5173', options)).toBe(101)
    expect(await at('evil.example', 'https://chat.example', options)).toBe(403)
    expect(await at('localhost:3000', 'https://chat.example', { hosts: ['chat.example'] })).toBe(
      403,
    )
  })
})

describe('an origin of null', () => {
  test('may connect if that is asked for, and never with a cookie', async () => {
    const app = guarded('https://a.example', { allowNull: true })
    expect(await statusOf(app, { origin: 'null' })).toBe(101)
    expect(await statusOf(app, { origin: 'null', cookie: 'a=1' })).toBe(403)
    expect(await statusOf(app, { origin: 'NULL' })).toBe(403)
    expect(await statusOf(app, { origin: 'https://evil.example' })).toBe(403)
    expect(await statusOf(app, { origin: 'https://a.example', cookie: 'a=1' })).toBe(101)
  })
})

describe('a function', () => {
  test('decides', async () => {
    const even = (value: string): boolean => value.length % 2 === 0
    expect(await verdict(even, 'https://ab.example')).toBe(101)
    expect(await verdict(even, 'https://a.example')).toBe(403)
  })

  test('is asked about canonical origins only', async () => {
    const asked: string[] = []
    const check = (value: string): boolean => asked.push(value) > 0
    for (const header of [
      'null',
      'https://evil.example, https://a.example',
      'https://A.example',
      'x',
    ]) {
      expect([header, await verdict(check, header)]).toEqual([header, 403])
    }
    expect(asked).toEqual([])
  })

  test('sees the request', async () => {
    const app = new Hono().get(
      '/',
      origin((_, c) => c.req.header('x-tenant') === 'a'),
      raw({}),
    )
    expect(await statusOf(app, { origin: 'https://x.example', 'x-tenant': 'a' })).toBe(101)
    expect(await statusOf(app, { origin: 'https://x.example' })).toBe(403)
  })
})

describe('a policy', () => {
  const a = { origin: 'https://a.example' }

  test('treats a missing Origin as it is told, but never with a cookie', async () => {
    expect(await statusOf(guarded('https://a.example'), {})).toBe(101)
    expect(await statusOf(guarded('https://a.example', { absent: 'refuse' }), {})).toBe(403)
    expect(await statusOf(guarded('https://a.example'), { cookie: 'a=1' })).toBe(403)
    expect(
      await statusOf(
        guarded(() => true),
        { cookie: 'a=1' },
      ),
    ).toBe(403)
  })

  test('belongs to its route, in either order', async () => {
    const app = new Hono()
      .get('/a', origin('https://a.example'), raw({}))
      .get('/b', origin('https://b.example'), raw({}))
    const status = async (path: string): Promise<number> =>
      (await connect(app, path, { headers: a })).response.status
    expect([await status('/a'), await status('/b')]).toEqual([101, 403])
    expect([await status('/b'), await status('/a')]).toEqual([403, 101])
  })

  test('runs before the state is made', async () => {
    let made = 0
    const app = new Hono()
      .use(origin('https://a.example'))
      .get('/', raw({ state: () => ({ made: ++made }) }))
    expect(await statusOf(app, { origin: 'https://evil.example' })).toBe(403)
    expect(made).toBe(0)
    expect(await statusOf(app, a)).toBe(101)
    expect(made).toBe(1)
  })

  test('concerns sockets: a page on the same path is served to who has a cookie', async () => {
    const app = new Hono()
      .use(origin('https://a.example', { absent: 'refuse' }))
      .get('/', raw({}), (c) => c.text('page'))
    const page = await app.request('/', { headers: { cookie: 'session=1' } })
    expect([page.status, await page.text()]).toEqual([200, 'page'])
  })

  test('refuses with a body that does not repeat the origin', async () => {
    const { response } = await connect(guarded(), '/', {
      headers: { origin: 'https://evil.example' },
    })
    expect(response.headers.get('vary')).toBe('Origin')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('connection')).toBe('close')
    expect(await response.text()).toMatch(
      /^This Origin may not connect: admit it by origin\(\) of denwa\/handshake\n$/,
    )
  })
})
