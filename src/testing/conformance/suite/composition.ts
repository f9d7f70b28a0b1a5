import type { Kit, Scope } from '../kit.ts'
import type { OpenInit } from '../target.ts'

const ann = (token = 'ann'): OpenInit => ({ headers: { authorization: `Bearer ${token}` } })

/** Policies are middleware: they compose as Hono's own do, refuse whole, and concern sockets alone. */
export function composition(kit: Kit): void {
  const { expect, can } = kit

  const ways: [path: string, query: string, init: OpenInit, status: number, user?: string][] = [
    ['used', '', ann(), 101, 'ann'],
    ['used', '', {}, 401],
    ['either', '', ann(), 101, 'ann'],
    ['either', '?guest', {}, 101],
    ['either', '?guest', ann('bad'), 101],
    ['either', '', {}, 403],
    ['both', '?guest', ann(), 101, 'ann'],
    ['both', '', ann(), 403],
    ['both', '?guest', {}, 401],
    ['unless', '?public', {}, 101],
    ['unless', '?public', ann(), 101],
    ['unless', '', {}, 401],
    ['unless', '', ann(), 101, 'ann'],
  ]
  for (const [path, query, init, status, user] of ways) {
    const token = init.headers ? ' with a token' : ''
    kit.test(`/${path}${query}${token} is ${status}`, async (it) => {
      const link = await it.link(`/${path}/${it.room}${query}`, init)
      expect(link.status).toBe(status)
      if (status === 101) expect(await userOf(it, `/${path}/${it.room}${query}`, init)).toBe(user)
      else expect(await it.trace()).toEqual([])
    })
  }

  kit.test('what a branch has left is taken back if the branch fails', async (it) => {
    const path = `/taken-back/${it.room}`
    const protocols = ['denwa.v1.json']
    const outside = await it.open(path, { ...ann('ann.300'), protocols })
    const welcome = await outside.next()
    expect(welcome.beat).toBe(25_000)
    expect(welcome.expires).toBeUndefined()
    const inside = await it.open(`${path}?inside`, { ...ann('ann.300'), protocols })
    expect((await inside.next()).beat).toBe(9000)
    expect((await inside.closed(6000)).code).toBe(4101)
    outside.request('whoami', 1)
    const { data } = await outside.next()
    expect(data.state.user).toBeUndefined()
  })

  kit.test('later policies override earlier ones key by key', async (it) => {
    const socket = await it.open(`/beats/${it.room}`, { protocols: ['denwa.v1.json'] })
    const { beat, wait } = await socket.next()
    expect([beat, wait]).toEqual([20_000, 4000])
  })

  kit.test('one of two lists of origins is enough', async (it) => {
    for (const [origin, status] of [
      ['https://a.example', 101],
      ['https://b.example', 101],
      ['https://c.example', 403],
      ['null', 403],
    ]) {
      const link = await it.link(`/pages/${it.room}`, { headers: { origin: `${origin}` } })
      expect([origin, link.status]).toEqual([origin, status])
    }
  })

  kit.test('a handler of errors sees the HTTPException, and what it makes of it', async (it) => {
    const link = await it.link(`/translated/${it.room}`)
    expect(link.status).toBe(418)
    const why = 'This endpoint wants a credential'
    expect(JSON.parse(link.body)).toEqual({ status: 401, why })
    expect((await it.link(`/translated/${it.room}`, ann('broken'))).status).toBe(500)
    expect((await it.link(`/translated/${it.room}`, ann())).status).toBe(101)
  })

  kit.test('a plain GET of the same route passes every policy', async (it) => {
    for (const path of ['bearer', 'bearer-close', 'cookie', 'used', 'either', 'few']) {
      const reply = await it.fetch(`/${path}/${it.room}`)
      expect([path, reply.status, reply.body]).toEqual([path, 200, 'a page'])
    }
  })

  kit.test('a refusal arrives whole', async (it) => {
    const link = await it.link(`/bearer/${it.room}`)
    expect(link.status).toBe(401)
    expect(link.body).toBe('This endpoint wants a credential\n')
    expect(link.header('www-authenticate')).toBe('Bearer')
    expect(link.header('content-type')?.toLowerCase()).toBe('text/plain; charset=utf-8')
    expect(link.header('cache-control')).toBe('no-store')
    expect(link.header('vary')).toContain('Origin')
    if (can.connectionHeaders === 'visible') expect(link.header('connection')).toMatch(/close/i)
    expect(await it.trace()).toEqual([])
  })

  async function userOf(it: Scope, path: string, init: OpenInit): Promise<unknown> {
    const socket = await it.open(path, init)
    socket.request('whoami', 1)
    return (await socket.next()).data.state.user
  }
}
