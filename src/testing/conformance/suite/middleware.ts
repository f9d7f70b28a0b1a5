import type { Answer } from '../../raw-client.ts'
import type { Kit } from '../kit.ts'

/** The upgrade is the last step: middleware shapes the answer, or replaces it. */
export function middleware(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')

  kit.test('headers set before and after next() are on the 101', async (it) => {
    const link = await it.link(`/stack/${it.room}`)
    expect(link.status).toBe(101)
    expect(link.header('x-before')).toBe('before')
    expect(link.header('x-after')).toBe('after')
    expect(link.header('x-set')).toBe('set')
  })

  raw.test('cookies set before and after next() are on the 101, each in its line', async (it) => {
    const answer = await it.handshake(`/stack/${it.room}`)
    const cookies = answer.all('set-cookie')
    expect(cookies).toHaveLength(2)
    expect(cookies.some((cookie) => cookie.startsWith('before=1'))).toBe(true)
    expect(
      cookies.some((cookie) => cookie.startsWith('after=2; ') && /HttpOnly/i.test(cookie)),
    ).toBe(true)
  })

  raw.test("Hono's own middleware reaches the 101, and the socket works", async (it) => {
    const { origin } = new URL(it.target.url)
    const socket = await it.socket(`/stack/${it.room}`, { headers: { origin } })
    const { answer } = socket
    expect(answer.header('x-request-id')?.length).toBeGreaterThan(10)
    expect(answer.header('server-timing')).toBeDefined()
    expect(answer.header('access-control-allow-origin')).toBe(origin)
    expect(answer.header('access-control-allow-credentials')).toBe('true')
    expect(answer.header('x-content-type-options')).toBe('nosniff')
    socket.send('{"type":"echo","id":1,"data":{"text":"x"}}')
    expect(await socket.next()).toBe('{"id":1,"data":{"text":"x"}}')
  })

  raw.test('no header of an HTTP body is on the 101', async (it) => {
    const answer = await it.handshake(`/stack/${it.room}`)
    expect(answer.status).toBe(101)
    expect(answer.header('content-type')).toBeUndefined()
    expect(answer.header('content-length')).toBeUndefined()
    expect(answer.header('transfer-encoding')).toBeUndefined()
    expect(doubled(answer)).toEqual([])
  })

  raw.test('the stack does not let a foreign origin in', async (it) => {
    const answer = await it.handshake(`/stack/${it.room}`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(answer.status).toBe(403)
    expect(answer.header('x-after')).toBe('after')
  })

  kit.test('compress, etag and bodyLimit are harmless', async (it) => {
    const socket = await it.open(`/heavy/${it.room}`, { headers: { 'accept-encoding': 'gzip' } })
    socket.request('echo', 1, { text: 'x' })
    expect((await socket.next()).data.text).toBe('x')
  })

  for (const status of [401, 403, 404, 429, 503]) {
    kit.test(`a ${status} from middleware arrives whole`, async (it) => {
      const link = await it.link(`/refuse/${it.room}?status=${status}`)
      expect(link.status).toBe(status)
      expect(JSON.parse(link.body).filler).toHaveLength(500)
      expect(link.header('www-authenticate')).toBe('Bearer')
      expect(link.header('x-reason')).toBe('no-token')
      expect(link.header('content-type')).toContain('application/json')
      expect(await it.trace()).toEqual([])
    })
  }

  const late: [how: string, status: number][] = [
    ['replace', 401],
    ['return', 401],
    ['refuse', 401],
    ['throw', 500],
  ]
  for (const [how, status] of late) {
    kit.attack(`a late ${status} (${how}) wins over the upgrade`, async (it) => {
      const link = await it.link(`/late/${how}/${it.room}`)
      expect(link.status).toBe(status)
      if (status === 401) expect(link.body).toBe('too late')
      expect(await it.trace()).toEqual(['state'])
      expect((await it.link(`/raw-late/${how}`)).status).toBe(status)
    })
  }

  kit.test('a copy of the response still opens the socket', async (it) => {
    const socket = await it.open(`/late/rebuild/${it.room}`)
    socket.request('echo', 1, { text: 'x' })
    expect((await socket.next()).data.text).toBe('x')
  })

  kit.attack('state that throws, or is no JSON, or is too large, is a 500', async (it) => {
    for (const how of ['sync', 'async', 'large', 'bigint']) {
      const link = await it.link(`/socket/${it.room}?state=${how}`)
      expect([how, link.status]).toEqual([how, 500])
      expect(link.body).not.toContain('secret')
    }
    expect(await it.trace()).not.toContain('open')
  })

  kit.attack('a guard that never settles is 503 after 5 s', async (it) => {
    const started = Date.now()
    const link = await it.link(`/endless/${it.room}`)
    expect(link.status).toBe(503)
    expect(Date.now() - started).toBeGreaterThan(4_000)
  })
}

/** Names that are on the answer more than once, but for cookies. */
function doubled(answer: Answer): string[] {
  const names = answer.headers.map(([name]) => name.toLowerCase())
  return names.filter((name, i) => name !== 'set-cookie' && names.indexOf(name) !== i)
}
