import { type Kit, type Scope, sleep } from '../kit.ts'
import type { FetchInit, Link } from '../target.ts'

/** Tickets: good once, for one path and one page, and seen by nobody. */
export function ticket(kit: Kit): void {
  const { expect } = kit

  kit.test('a ticket admits once', async (it) => {
    const issued = await issue(it)
    expect(issued).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const path = `/ticketed/${it.room}?ticket=${issued}`
    const socket = await it.open(path)
    socket.request('whoami', 1)
    expect((await socket.next()).data.state.user).toBe('ann')
    const link = await it.link(path)
    expect(link.status).toBe(401)
    expect(link.body).toBe('This endpoint wants a valid ticket\n')
  })

  kit.attack('of fifty at once one gets in', async (it) => {
    const issued = await issue(it)
    const all = await Promise.all(Array.from({ length: 50 }, () => bring(it, issued)))
    const statuses = all.map(({ status }) => status)
    expect(statuses.filter((status) => status === 101)).toHaveLength(1)
    expect(statuses.filter((status) => status === 401)).toHaveLength(49)
  })

  kit.test('a ticket is good for its path, and spent on another', async (it) => {
    const issued = await issue(it, '?path=/ticketed/elsewhere')
    expect((await bring(it, issued)).status).toBe(401)
    expect((await it.link(`/ticketed/elsewhere?ticket=${issued}`)).status).toBe(401)
    const escaped = await issue(it, `?path=${encodeURIComponent(`/ticketed/${it.room} ü`)}`)
    const link = await it.link(`/ticketed/${it.room}%20%C3%BC?ticket=${escaped}`)
    expect(link.status).toBe(101)
  })

  kit.test('a ticket is good for the page that asked for it', async (it) => {
    const { origin } = new URL(it.target.url)
    const ours = { headers: { origin } }
    const other = { origin: 'https://other.example' }
    expect((await bring(it, await issue(it, '', ours), { origin })).status).toBe(101)
    expect((await bring(it, await issue(it), { origin })).status).toBe(101)
    expect((await bring(it, await issue(it, '', ours), other)).status).toBe(401)
    expect((await bring(it, await issue(it, '', { headers: other }), { origin })).status).toBe(401)
    expect((await bring(it, await issue(it, '', ours), {})).status).toBe(401)
    expect((await bring(it, await issue(it), other)).status).toBe(401)
  })

  kit.test('a ticket is good for its time', async (it) => {
    const [early, late] = [await issue(it), await issue(it, '?hasty')]
    await sleep(150)
    expect((await bring(it, late)).status).toBe(401)
    expect((await bring(it, early)).status).toBe(101)
  })

  kit.attack('what is no ticket is 401', async (it) => {
    const issued = await issue(it)
    const wrong = ['', 'x', 'A'.repeat(43), `${issued}x`, issued.slice(1), '%00', '__proto__']
    for (const each of wrong) expect([each, (await bring(it, each)).status]).toEqual([each, 401])
    expect((await it.link(`/ticketed/${it.room}`)).status).toBe(401)
    expect((await it.link(`/ticketed/${it.room}?Ticket=${issued}`)).status).toBe(401)
    const closing = await it.link(`/ticketed-close/${it.room}?ticket=x`)
    expect(closing.status).toBe(101)
    expect((await closing.closed(2000)).code).toBe(4100)
    expect(await it.trace()).toEqual([])
    expect((await bring(it, issued)).status).toBe(101)
  })

  kit.test('a ticket is in no URL, no query and no log; the rest of the query is', async (it) => {
    const [first, second] = [await issue(it), await issue(it)]
    const path = `/ticketed/${it.room}`
    for (const query of [
      `a=%20+x&ticket=${first}&b=1&b=2`,
      `t%69cket=${second}&a=%20+x&b=1&b=2`,
      `a=%20+x&b=1&b=2&ticket=bad`,
    ]) {
      await it.link(`${path}?${query}`)
    }
    const notes = await it.trace((all) => all.length >= 9, undefined, `seen-${it.room}`)
    for (const secret of [first, second, 'bad', 'icket=']) {
      expect(notes.filter((note) => note.includes(secret))).toEqual([])
    }
    const seen = notes.filter((note) => note.includes('{'))
    const { body: address } = await it.link('/address')
    expect(seen).toHaveLength(3)
    for (const note of seen) {
      expect(note).toMatch(/\?a=%20\+x&b=1&b=2 \{"a":" {2}x","b":"1"\} from /)
      // The request is still the runtime's own, which knows where it came from.
      expect(note.endsWith(` from ${address}`)).toBe(true)
    }
    expect(notes.filter((note) => note.includes('?a=%20+x&b=1&b=2')).length).toBe(9)
  })

  const raw = kit.given(kit.can.tcp, 'no TCP')
  raw.attack('a ticket in what is no URL is answered', async (it) => {
    const host = 'x:99999'
    for (const target of ['/raw?ticket=x', `/ticketed/${it.room}?ticket=x`, '//?ticket=x']) {
      const answer = await it.handshake(target, { headers: { host } })
      expect(answer.status).toBeGreaterThan(100)
    }
    const twice = await it.handshake('/raw??ticket=%ff&&ticket=%&=', {})
    expect(twice.status).toBe(101)
  })

  async function issue(it: Scope, query = '', init: FetchInit = {}): Promise<string> {
    const reply = await it.fetch(`/ticket/${it.room}${query}`, {
      method: 'POST',
      body: '',
      ...init,
    })
    if (reply.status !== 200) throw new Error(`no ticket: ${reply.status}`)
    return reply.body
  }

  function bring(it: Scope, issued: string, headers: Record<string, string> = {}): Promise<Link> {
    return it.link(`/ticketed/${it.room}?ticket=${issued}`, { headers })
  }
}
