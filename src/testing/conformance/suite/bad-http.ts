import {
  type Answer,
  encodeFrame,
  RawSocket,
  readAnswer,
  upgradeRequest,
} from '../../raw-client.ts'
import { type Kit, sleep } from '../kit.ts'

const TARGETS = [
  '//',
  '//@x:99999/',
  '/%',
  '/%00',
  '/%ff',
  '/nowhere/../nowhere',
  `/${'x'.repeat(60_000)}`,
  '*',
]
const HOSTS = ['a b]', '', '/x?', 'a/b', '[::1']

/** Requests that are wrong as HTTP, and peers that go away: answered or cut, and the server lives. */
export function badHttp(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')
  const byRuntime = kit.can.badHttp === 'runtime'

  const versioned = raw.given(kit.can.httpVersion, 'the HTTP version is not visible')
  versioned.attack('HTTP/1.0 is refused', async (it) => {
    await refused(await it.handshake('/raw', { httpVersion: '1.0' }))
  })
  raw.attack('a request without Host is refused', async (it) => {
    await refused(await it.handshake('/raw', { headers: { host: undefined } }))
  })
  raw.attack('a handshake with a body is refused', async (it) => {
    const length = { 'content-length': '5' }
    await refused(await it.handshake('/raw', { headers: length, body: 'hello' }))
    const chunked = { 'transfer-encoding': 'chunked' }
    await refused(await it.handshake('/raw', { headers: chunked, body: '5\r\nhello\r\n0\r\n\r\n' }))
  })

  for (const target of TARGETS) {
    raw.attack(`target ${target.slice(0, 20)} is answered`, async (it) => {
      const answer = await it.handshake(target, {}, 2_000)
      if (!byRuntime) refused(answer)
      expect(answer.status === 101 && target.startsWith('//')).toBe(false)
    })
  }
  raw.attack('an absolute-form target is answered', async (it) => {
    const answer = await it.handshake(`${it.target.url}/raw`)
    expect([101, 400, 404]).toContain(answer.status)
  })

  for (const host of HOSTS) {
    raw.attack(`Host ${host || 'empty'} is refused`, async (it) => {
      const answer = await it.handshake('/raw', { headers: { host } })
      if (byRuntime) expect(answer.status).toBeGreaterThan(100)
      else refused(answer)
    })
  }
  raw.attack('Host twice, or with an impossible port, is answered', async (it) => {
    const host = new URL(it.target.url).host
    expect((await it.handshake('/raw', { headers: { host: 'x:99999' } })).status).toBeGreaterThan(
      100,
    )
    const answer = await it.handshake('/raw', { headers: { host: [host, host] } })
    expect(answer.status).toBeGreaterThan(100)
  })

  for (const count of [150, 2_100]) {
    raw.attack(`${count} headers are answered`, async (it) => {
      const many = Array.from({ length: count }, (_, i) => [`x-${i}`, 'v'])
      const answer = await it.handshake('/raw', { headers: Object.fromEntries(many) }, 2_000)
      expect([101, 400, 413, 426, 431]).toContain(answer.status)
    })
  }
  raw.attack('a header of 20 KiB is answered', async (it) => {
    const answer = await it.handshake('/raw', { headers: { 'x-big': 'x'.repeat(20_480) } })
    expect([101, 400, 431]).toContain(answer.status)
  })
  raw.attack('headers named like prototype members are ordinary', async (it) => {
    const headers = Object.fromEntries([
      ['__proto__', 'x'],
      ['constructor', 'x'],
      ['tostring', 'x'],
    ])
    expect([101, 400]).toContain((await it.handshake('/raw', { headers })).status)
    expect((await it.fetch('/polluted')).body).toBe('false')
  })
  raw.attack('bytes over 0x7f in every header of the handshake', async (it) => {
    const names = [
      'origin',
      'sec-websocket-protocol',
      'sec-websocket-key',
      'sec-websocket-version',
      'cookie',
      'x-any',
      'upgrade',
      'connection',
    ]
    for (const name of names) {
      const wire = await it.dial()
      const request = upgradeRequest(it.target.url, {
        target: '/raw',
        headers: { [name]: 'a\u00e9\u00ff' },
      })
      wire.write(Buffer.from(request, 'latin1'))
      expect((await readAnswer(wire)).status).toBeGreaterThan(100)
    }
  })
  raw.attack('long runs of spaces and commas cost no time', async (it) => {
    for (const name of ['sec-websocket-protocol', 'connection', 'origin', 'cookie']) {
      const started = Date.now()
      await it.handshake('/raw', { headers: { [name]: `a${' ,'.repeat(3_000)}b` } })
      expect(Date.now() - started).toBeLessThan(500)
    }
  })

  raw.attack(
    'resets while an async guard runs',
    async (it) => {
      const tries = Array.from({ length: 500 }, async (_, i) => {
        const wire = await it.dial()
        wire.write(upgradeRequest(it.target.url, { target: `/guarded/${it.room}?ms=400` }))
        await sleep(i)
        wire.reset()
      })
      await Promise.all(tries)
      const balanced = (notes: string[]): boolean =>
        notes.filter((note) => note === 'open').length ===
        notes.filter((note) => note.startsWith('close')).length
      await sleep(500)
      if (kit.can.handshakeResets) expect(balanced(await it.trace(balanced))).toBe(true)
    },
    20_000,
  )

  raw.attack('a client that ends its half while a guard runs', async (it) => {
    const wire = await it.dial()
    wire.write(upgradeRequest(it.target.url, { target: `/guarded/${it.room}?ms=60` }))
    wire.fin()
    await wire.ended(3_000).catch(() => 'open')
  })

  raw.attack('garbage after the handshake request', async (it) => {
    const wire = await it.dial()
    wire.write(upgradeRequest(it.target.url, { target: '/raw' }))
    wire.write(Buffer.concat([encodeFrame({ opcode: 1, payload: 'x' }), Buffer.alloc(5_000, 0xff)]))
    await new RawSocket(wire, await readAnswer(wire)).closed(3_000)
  })

  const timed = raw.given(kit.can.headerTimeout, 'unfinished headers are never timed out')
  timed.attack(
    'silence and unfinished headers are cut',
    async (it) => {
      const wires = await Promise.all([it.dial(), it.dial()])
      wires[1]!.write('GET /raw HTTP/1.1\r\nHost: x\r\n')
      await Promise.all(wires.map((wire) => wire.ended(20_000)))
    },
    25_000,
  )

  function refused(answer: Answer): void {
    expect(answer.status).toBeGreaterThan(399)
    expect(answer.status).toBeLessThan(500)
  }
}
