import type { Kit, Scope } from '../kit.ts'

/** Cross-site WebSocket hijacking: who may open a socket from a browser. */
export function origin(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')

  raw.test('the same origin is allowed, with a cookie too', async (it) => {
    const { origin } = new URL(it.target.url)
    expect(await status(it, '/raw', { origin })).toBe(101)
    expect(await status(it, '/raw', { origin, cookie: 'session=1' })).toBe(101)
  })

  raw.test('a foreign origin is 403, before the handler runs', async (it) => {
    const answer = await it.handshake(`/socket/${it.room}`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(answer.status).toBe(403)
    expect(answer.body.length).toBeGreaterThan(0)
    expect(answer.body).not.toContain('evil.example')
    expect(answer.header('cache-control')).toContain('no-store')
    expect(answer.header('vary')?.toLowerCase()).toContain('origin')
    expect(await it.trace()).toEqual([])
  })

  raw.test('every other way to write an origin is 403', async (it) => {
    const { host, port, hostname } = new URL(it.target.url)
    const origins = [
      'null',
      `HTTP://${host}`,
      `http://${host}/`,
      `http://user@${host}`,
      `http://${hostname}:${Number(port) + 1}`,
      `http://${hostname}`,
      `http://sub.${host}`,
      `http://${hostname}.:${port}`,
      `http://${host}, http://${host}`,
      `http://${host}\\`,
      `http://${host}#`,
      `ftp://${host}`,
      `http://${host}%00`,
      `//${host}`,
      host,
      'file://',
      'https://ex\u00e4mple.example',
    ]
    for (const value of origins) {
      expect([value, await status(it, '/raw', { origin: value })]).toEqual([value, 403])
    }
    const twice = [`http://${host}`, 'https://evil.example']
    expect(await status(it, '/raw', { origin: twice })).toBe(403)
  })

  raw.test('no Origin: allowed without a cookie, 403 with one', async (it) => {
    expect(await status(it, '/raw', {})).toBe(101)
    expect(await status(it, '/raw', { cookie: 'session=1' })).toBe(403)
    expect(await status(it, `/listed/${it.room}`, {})).toBe(101)
    expect(await status(it, `/listed/${it.room}`, { cookie: 'session=1' })).toBe(403)
    expect(await status(it, `/absent/${it.room}`, {})).toBe(403)
  })

  raw.test('forwarding headers of the client change nothing', async (it) => {
    const headers = {
      origin: 'https://evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    }
    expect(await status(it, '/raw', headers)).toBe(403)
    expect(await status(it, `/listed/${it.room}`, headers)).toBe(403)
    const { host } = new URL(it.target.url)
    const behind = { ...headers, origin: `https://${host}`, 'x-forwarded-host': 'app.example' }
    expect(await status(it, `/listed/${it.room}`, behind)).toBe(403)
  })

  const verdicts: Record<string, number> = {
    'https://app.example': 101,
    'https://app.example:443': 403,
    'https://APP.example': 403,
    'http://app.example': 403,
    'https://app.example:8443': 403,
    'https://app.example/': 403,
    'https://app.example.': 403,
    'https://app.example.evil': 403,
    'https://notapp.example': 403,
    'https://a.preview.example': 101,
    'https://a.b.preview.example': 101,
    'https://preview.example': 403,
    'https://evilpreview.example': 403,
    'https://.preview.example': 403,
    'https://a_b.preview.example': 403,
    'https://a.preview.example:444': 403,
    'http://a.preview.example': 403,
    'https://a.preview.example.evil': 403,
    'capacitor://localhost': 101,
    'capacitor://localhost2': 403,
    null: 403,
  }
  for (const [value, verdict] of Object.entries(verdicts)) {
    raw.test(`origin([…]): ${value} is ${verdict}`, async (it) => {
      expect(await status(it, `/listed/${it.room}`, { origin: value })).toBe(verdict)
    })
  }

  raw.test('a host of another name is 403, though the page has it, too', async (it) => {
    const { host, port } = new URL(it.target.url)
    const path = `/named/${it.room}`
    expect(await status(it, path, { origin: `http://${host}` })).toBe(101)
    const rebound = { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }
    expect(await status(it, path, rebound)).toBe(403)
    expect(await status(it, path, { host: `evil.example:${port}` })).toBe(403)
  })

  raw.test(
    'pages of this machine, and those of no origin, only where that is asked for',
    async (it) => {
      for (const [path, value, verdict] of [
        ['local', 'http://localhost:5173', 101],
        ['local', 'http://127.0.0.1:5173', 101],
        ['local', 'http://localhost.evil.example', 403],
        ['local', 'null', 403],
        ['listed', 'http://localhost:5173', 403],
        ['null', 'null', 101],
        ['null', 'http://localhost:5173', 403],
      ] as const) {
        const found = await status(it, `/${path}/${it.room}`, { origin: value })
        expect([path, value, found]).toEqual([path, value, verdict])
      }
      const cookie = { origin: 'null', cookie: 'session=1' }
      expect(await status(it, `/null/${it.room}`, cookie)).toBe(403)
    },
  )

  raw.test('two routes keep two policies', async (it) => {
    const [app, other] = ['https://app.example', 'https://other.example']
    for (const [path, value, verdict] of [
      ['listed', app, 101],
      ['other', other, 101],
      ['listed', other, 403],
      ['other', app, 403],
      ['asked', 'https://asked.example', 101],
      ['asked', app, 403],
    ] as const) {
      expect(await status(it, `/${path}/${it.room}`, { origin: value })).toBe(verdict)
    }
  })
}

async function status(
  it: Scope,
  target: string,
  headers: Record<string, string | string[]>,
): Promise<number> {
  return (await it.handshake(target, { headers })).status
}
