import { upgradeRequest } from '../../raw-client.ts'
import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Link, OpenInit } from '../target.ts'

/** Places: as many as allowed, and free again whatever becomes of who took one. */
export function capacity(kit: Kit): void {
  const { expect, can } = kit
  const raw = kit.given(can.tcp, 'no TCP')

  kit.test('connections of one key are as many as allowed; beyond it 503', async (it) => {
    await it.open(few(it))
    const second = await it.open(few(it))
    const link = await it.link(few(it))
    expect(link.status).toBe(503)
    expect(link.body).toBe('Too many connections\n')
    expect(link.header('retry-after')).toBe('2')
    expect((await it.link(`/few/${it.room}2`)).status).toBe(101)
    second.close(1000)
    expect(await opens(it, few(it))).toBe(true)
  })

  kit.test('connections of one address: 429', async (it) => {
    const here = await address(it)
    await it.open(`/near/${it.room}`, here)
    await it.open(`/near/${it.room}`, here)
    const link = await it.link(`/near/${it.room}`, here)
    expect(link.status).toBe(429)
    expect(link.header('retry-after')).toBe('5')
  })

  kit.test('the address is what the network tells, not the client', async (it) => {
    const { headers = {} } = await address(it)
    const spoofed = { 'x-forwarded-for': '192.0.2.99', 'x-real-ip': '192.0.2.99' }
    const { body } = await it.link('/address', { headers: { ...spoofed, ...headers } })
    expect(body).toBe(headers['cf-connecting-ip'] ?? '127.0.0.1')
  })

  kit.attack('attempts are a burst, then 429, accepted or not', async (it) => {
    const here = await address(it)
    const foreign = { headers: { ...here.headers, origin: 'https://evil.example' } }
    const statuses: number[] = []
    for (let i = 0; i < 12; i++) {
      const link = await it.link(`/tries/${it.room}`, i % 2 ? here : foreign)
      statuses.push(link.status)
      link.destroy()
    }
    expect(statuses).toEqual([403, 101, 403, 101, 403, 101, 403, 101, 403, 101, 429, 429])
    const all = await Promise.all(
      Array.from({ length: 200 }, () => it.link(`/tries/${it.room}`, here)),
    )
    expect(all.every(({ status }) => status === 429)).toBe(true)
    expect(Number(all[0]?.header('retry-after'))).toBeGreaterThan(0)
  })

  kit.test('one network of IPv6 is one client, however it is spelled', async (it) => {
    const from = async (client: string): Promise<number> =>
      (await it.link(`/networks/${it.room}`, { headers: { 'x-client': client } })).status
    for (const spelling of ['2001:db8::1', '2001:0DB8:0:0::2', '2001:db8:0:0:ff:ff:ff:ff']) {
      expect(await from(spelling)).toBe(101)
    }
    expect(await from('[2001:db8::3]:443')).toBe(503)
    expect(await from('2001:db8::4%eth0')).toBe(503)
    expect(await from('2001:db8:0:1::1')).toBe(101)
    for (const spelling of ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201']) {
      expect(await from(spelling)).toBe(101)
    }
    expect(await from('192.0.2.1:8080')).toBe(503)
  })

  const frees: [name: string, take: (it: Scope) => Promise<unknown>][] = [
    ['the client closes', async (it) => (await it.open(few(it))).close(1000)],
    ['the client is gone', async (it) => (await it.open(few(it))).destroy()],
    ['open fails', async (it) => (await it.open(few(it, '?open=sync'))).closed()],
    ['state fails', (it) => refused(it, few(it, '?state=sync'), 500)],
    ['a later policy refuses', (it) => refused(it, few(it, '?refuse'), 403)],
    [
      'the origin is refused',
      (it) => refused(it, few(it), 403, { headers: { origin: 'https://evil.example' } }),
    ],
    ['the subprotocol is refused', (it) => refused(it, few(it), 400, { protocols: ['other'] })],
  ]
  for (const [name, take] of frees) {
    kit.attack(`a place is free again when ${name}`, async (it) => {
      for (let i = 0; i < 3; i++) await take(it)
      expect(await opens(it, few(it))).toBe(true)
      expect(await opens(it, few(it))).toBe(true)
      expect((await it.link(few(it))).status).toBe(503)
    })
  }

  const told = raw.given(can.handshakeResets, 'not every reset during a handshake is told')
  for (const how of ['destroy', 'reset'] as const) {
    const suite = how === 'reset' ? told : raw
    suite.attack(
      `a place is free again when the client leaves in the middle (${how})`,
      async (it) => {
        const tries = Array.from({ length: 30 }, async (_, i) => {
          const wire = await it.dial()
          wire.write(upgradeRequest(it.target.url, { target: few(it, '?ms=40') }))
          await sleep(i * 2)
          wire[how]()
        })
        await Promise.all(tries)
        expect(await opens(it, few(it), 8000)).toBe(true)
        expect(await opens(it, few(it), 8000)).toBe(true)
        expect((await it.link(few(it))).status).toBe(503)
      },
      30_000,
    )
  }

  kit.test('raw sockets have places, too', async (it) => {
    const path = `/few-raw/${it.room}`
    const link = await it.link(path)
    expect(link.status).toBe(101)
    expect((await it.link(path)).status).toBe(503)
    link.close(1000)
    expect(await opens(it, path)).toBe(true)
  })

  kit.test('a place in front of a mounted app is free again', async (it) => {
    for (let i = 0; i < 3; i++) {
      const link = await opened(it, `/mounted/${it.room}`)
      expect(link?.status).toBe(101)
      link?.close(1000)
    }
  })

  function few(it: Scope, query = ''): string {
    return `/few/${it.room}${query}`
  }

  async function refused(it: Scope, path: string, status: number, init?: OpenInit): Promise<void> {
    expect((await it.link(path, init)).status).toBe(status)
  }

  /** Whether a socket opens there, at last. */
  async function opens(it: Scope, path: string, withinMs?: number): Promise<boolean> {
    return (await opened(it, path, withinMs)) !== undefined
  }

  /** What ends on one side is told on the other a moment later. */
  async function opened(it: Scope, path: string, withinMs = 3000): Promise<Link | undefined> {
    const deadline = Date.now() + withinMs
    for (;;) {
      const link = await it.link(path)
      if (link.status === 101) return link
      if (Date.now() > deadline) return undefined
      await sleep(50)
    }
  }

  /** An address of this test's own where a header tells it, as on Cloudflare. */
  async function address(it: Scope): Promise<{ headers?: Record<string, string> }> {
    const headers = { 'cf-connecting-ip': `192.0.2.${1 + Math.floor(Math.random() * 250)}` }
    const { body } = await it.link('/address', { headers })
    return body === headers['cf-connecting-ip'] ? { headers } : {}
  }
}
