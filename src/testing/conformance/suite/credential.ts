import { type Kit, sleep } from '../kit.ts'
import { upgradeRequest } from '../../raw-client.ts'
import type { OpenInit } from '../target.ts'

const JSON_V1 = 'denwa.v1.json'
const EVIL = 'https://evil.example'

/** A credential with the handshake: where it may be, and how it is refused. */
export function credential(kit: Kit): void {
  const { expect, can } = kit
  const raw = kit.given(can.tcp, 'no TCP')

  const ways: [name: string, path: string, init: OpenInit, status: number][] = [
    ['a subprotocol', 'bearer', { protocols: [bearer('ann'), JSON_V1] }, 101],
    ['a subprotocol in the last place', 'bearer', { protocols: [JSON_V1, bearer('ann')] }, 101],
    ['a subprotocol alone', 'bearer', { protocols: [bearer('ann')] }, 101],
    ['an invalid subprotocol', 'bearer', { protocols: [bearer('bad'), JSON_V1] }, 401],
    ['an empty subprotocol', 'bearer', { protocols: ['denwa.bearer.', JSON_V1] }, 401],
    ['no base64url', 'bearer', { protocols: ['denwa.bearer.a', JSON_V1] }, 401],
    ['Authorization', 'bearer', authorized('Bearer ann'), 101],
    ['the scheme in lower case', 'bearer', authorized('bearer ann'), 101],
    ['the scheme in upper case', 'bearer', authorized('BEARER ann'), 101],
    ['the scheme Basic', 'bearer', authorized('Basic YW5u'), 401],
    ['no scheme', 'bearer', authorized('ann'), 401],
    ['two tokens', 'bearer', authorized('Bearer ann, Bearer ann'), 401],
    ['an invalid token', 'bearer', authorized('Bearer bad'), 401],
    ['an expired token', 'bearer', authorized('Bearer ann.0'), 401],
    ['nothing', 'bearer', {}, 401],
    ['a cookie where none is looked for', 'bearer', { headers: { cookie: 'session=ann' } }, 401],
    ['a token in the query', 'bearer', {}, 401],
  ]
  for (const [name, path, init, status] of ways) {
    kit.test(`${name}: ${status}`, async (it) => {
      const link = await it.link(`/${path}/${it.room}?token=ann&access_token=ann`, init)
      expect(link.status).toBe(status)
      if (status === 401) {
        expect(link.header('www-authenticate')).toBe('Bearer')
        expect(await it.trace()).toEqual([])
      } else {
        const known = [init.protocols ?? []].flat().includes(JSON_V1) ? JSON_V1 : undefined
        expect(link.header('sec-websocket-protocol')).toBe(known)
      }
    })
  }

  kit.test('a cookie of our own page, and of no other', async (it) => {
    const cookie = 'a=1; session=ann; b=2'
    const { origin } = new URL(it.target.url)
    const path = `/cookie/${it.room}`
    const socket = await it.open(path, { headers: { cookie, origin } })
    socket.request('whoami', 1)
    expect((await socket.next()).data.state.user).toBe('ann')
    for (const [session, status] of [
      [{ cookie, origin: EVIL }, 403],
      [{ cookie }, 403],
      [{ cookie: 'session=bad', origin: EVIL }, 403],
      [{ origin: EVIL }, 403],
      [{ cookie: 'session=bad', origin }, 101],
      [{ origin }, 101],
    ] as const) {
      const link = await it.link(path, { headers: session })
      expect([session, link.status]).toEqual([session, status])
      if (status === 101) expect((await link.closed(2000)).code).toBe(4100)
    }
  })

  raw.attack(
    'a thousand guesses at once are five, and then 429',
    async (it) => {
      const path = `/bearer/${it.room}`
      const statuses: number[] = []
      for (let i = 0; i < 10; i++) {
        const guesses = Array.from({ length: 100 }, () => it.link(path, authorized('Bearer bad')))
        statuses.push(...(await Promise.all(guesses)).map(({ status }) => status))
      }
      expect(statuses.filter((status) => status === 401).length).toBe(5)
      expect(statuses.filter((status) => status === 429).length).toBe(995)
      expect((await it.link(path, authorized('Bearer ann'))).status).toBe(429)
    },
    30_000,
  )

  kit.test('many honest ones at once are all let in', async (it) => {
    const path = `/bearer/${it.room}`
    const all = Array.from({ length: 40 }, () => it.link(path, authorized('Bearer slow')))
    const statuses = (await Promise.all(all)).map(({ status }) => status)
    expect(statuses.every((status) => status === 101)).toBe(true)
  })

  kit.test('in front of an app that is mounted it is watched over, too', async (it) => {
    const path = `/mounted-bearer/${it.room}`
    const origin = 'https://app.example'
    expect((await it.link(path, { headers: { origin } })).status).toBe(401)
    const headers = { origin, authorization: 'Bearer ann.300' }
    const ann = await it.open(path, { headers })
    expect((await ann.closed(7000)).code).toBe(4101)
    expect((await it.link(path, { headers: { ...headers, origin: EVIL } })).status).toBe(403)
  })

  const closes: [name: string, init: OpenInit, code: number, reason: string][] = [
    ['no credential', {}, 4100, 'This endpoint wants a credential'],
    ['an invalid one', { protocols: [bearer('bad')] }, 4100, 'The credential is not valid'],
    ['an expired one', { protocols: [bearer('ann.0')] }, 4101, 'The credential has expired'],
  ]
  for (const [name, init, code, reason] of closes) {
    kit.test(`refuse: 'close' says ${code} to ${name}, after the 101`, async (it) => {
      const protocols = [...(init.protocols ?? []), 'other', JSON_V1]
      const link = await it.link(`/bearer-close/${it.room}`, { ...init, protocols })
      expect(link.status).toBe(101)
      expect(link.header('sec-websocket-protocol')).toBe(JSON_V1)
      expect(link.header('denwa-closes')).toBeUndefined()
      expect(await link.closed(2000)).toMatchObject({ code, reason })
      const socket = await it.link(`/raw-bearer/${it.room}`, {
        protocols: [...(init.protocols ?? []), 'chat.v1'],
      })
      expect(socket.header('sec-websocket-protocol')).toBe('chat.v1')
      expect((await socket.closed(2000)).code).toBe(code)
      expect(await it.trace()).toEqual([])
    })
  }

  kit.test("refuse: 'close' closes nothing for a foreign page: 403", async (it) => {
    for (const path of ['bearer-close', 'raw-bearer', 'cookie', 'ticketed-close']) {
      const link = await it.link(`/${path}/${it.room}`, { headers: { origin: EVIL } })
      expect([path, link.status]).toEqual([path, 403])
    }
    expect(await it.trace()).toEqual([])
  })

  kit.test("a plain GET is not closed by refuse: 'close'", async (it) => {
    expect((await it.fetch(`/bearer-close/${it.room}`)).body).toBe('a page')
  })

  kit.attack(
    'the sixth failure in a minute is 429, and so is a valid credential then',
    async (it) => {
      const path = `/bearer/${it.room}`
      for (let i = 0; i < 5; i++) {
        expect((await it.link(path, { protocols: [bearer('bad')] })).status).toBe(401)
      }
      for (const token of ['bad', 'ann']) {
        const link = await it.link(path, { protocols: [bearer(token)] })
        expect(link.status).toBe(429)
        expect(link.header('retry-after')).toBe('60')
      }
      const close = `/bearer-close/${it.room}`
      for (let i = 0; i < 5; i++) await it.link(close, { protocols: [bearer('bad')] })
      expect((await it.link(close, { protocols: [bearer('bad')] })).status).toBe(429)
    },
  )

  kit.attack('verify that throws is a 500 without its text', async (it) => {
    for (const path of ['bearer', 'bearer-close']) {
      const link = await it.link(`/${path}/${it.room}`, { protocols: [bearer('broken')] })
      expect(link.status).toBe(500)
      expect(link.body).not.toContain('secret')
    }
    expect(await it.trace()).toEqual([])
  })

  kit.attack(
    'verify that never settles is 503 after 5 s, and its place is free again',
    async (it) => {
      const path = `/few-users/${it.room}`
      const started = Date.now()
      const all = await Promise.all([1, 2, 3].map(() => it.link(path, authorized('Bearer never'))))
      expect(all.map(({ status }) => status)).toEqual([503, 503, 503])
      expect(all[0]?.header('retry-after')).toBe('5')
      expect(Date.now() - started).toBeGreaterThan(4000)
      const places = await Promise.all([1, 2, 3].map(() => it.link(path, authorized('Bearer ann'))))
      expect(places.map(({ status }) => status)).toEqual([101, 101, 101])
      expect((await it.link(path, authorized('Bearer ann'))).status).toBe(503)
    },
  )

  raw.attack('clients that leave while verify runs', async (it) => {
    const path = `/bearer/${it.room}`
    const tries = Array.from({ length: 40 }, async (_, i) => {
      const wire = await it.dial()
      const request = { target: path, headers: { authorization: 'Bearer slow' } }
      wire.write(upgradeRequest(it.target.url, request))
      await sleep(i * 4)
      wire.reset()
    })
    await Promise.all(tries)
    await sleep(150)
    const balanced = (notes: string[]): boolean =>
      notes.filter((note) => note === 'open').length ===
      notes.filter((note) => note.startsWith('close')).length
    if (can.handshakeResets) expect(balanced(await it.trace(balanced))).toBe(true)
  })

  kit.test('observers hear why, and never of the credential', async (it) => {
    const told = (): Promise<string[][]> =>
      Promise.all(
        ['bearer', 'bearer-close', 'cookie'].map((path) =>
          it.trace(undefined, 0, `refused-${path}`),
        ),
      )
    const before = await told()
    await it.link(`/bearer/${it.room}?token=s3cret`, { protocols: [bearer('bad.s3cret')] })
    await it.link(`/bearer-close/${it.room}`, authorized('Bearer ann.0'))
    await it.link(`/cookie/${it.room}`, { headers: { cookie: 'session=bad', origin: EVIL } })
    const after = await told()
    expect(after.map((notes, i) => notes.slice(before[i]?.length))).toEqual([
      ['401 The credential is not valid'],
      ['401 The credential has expired'],
      ['403 This Origin may not connect: admit it by origin() of denwa/handshake'],
    ])
  })

  kit.test('a frame in front of a raw socket is an error of the app', async (it) => {
    expect((await it.link(`/raw-frame/${it.room}`)).status).toBe(500)
    const link = await it.link(`/raw-frame/${it.room}`, authorized('Bearer ann'))
    expect(link.status).toBe(101)
    link.send('echo')
    expect(await link.message(2000)).toBe('echo')
  })
}

/** Among the subprotocols. */
export function bearer(token: string): string {
  return `denwa.bearer.${Buffer.from(token).toString('base64url')}`
}

function authorized(authorization: string): OpenInit {
  return { headers: { authorization } }
}
