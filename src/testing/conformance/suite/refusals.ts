import {
  type Answer,
  httpRequest,
  readAnswer,
  type UpgradeOptions,
  upgradeRequest,
} from '../../raw-client.ts'
import type { Kit, Scope } from '../kit.ts'

const SHORT_KEY = Buffer.alloc(15, 7).toString('base64')
const LONG_KEY = Buffer.alloc(17, 7).toString('base64')
const KEY = Buffer.alloc(16, 7).toString('base64')

/** Handshakes that are wrong: the right status, the whole body, at once, and the connection ended. */
export function refusals(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')
  const visible = raw.given(
    kit.can.connectionHeaders === 'visible',
    'the edge may keep Connection to itself',
  )

  raw.test('a plain GET falls through to the next handler of the route', async (it) => {
    const page = await it.fetch(`/page/${it.room}`)
    expect(page.status).toBe(200)
    expect(page.body).toContain('a page')
    expect((await it.handshake(`/page/${it.room}`)).status).toBe(101)
  })

  raw.test('a plain GET with no other handler is 426', async (it) => {
    const answer = await it.fetch(`/socket/${it.room}`)
    expect(answer.status).toBe(426)
    expect(answer.header('sec-websocket-version')).toBe('13')
    expect(answer.header('cache-control')).toContain('no-store')
    expect(answer.body.length).toBeGreaterThan(0)
    expect(await it.trace()).toEqual([])
  })

  visible.test('that 426 says Upgrade: websocket, Connection: Upgrade', async (it) => {
    const answer = await it.handshake(`/socket/${it.room}`, { headers: plain })
    expect(answer.header('upgrade')).toBe('websocket')
    expect(answer.header('connection')?.toLowerCase()).toContain('upgrade')
  })

  for (const version of ['8', '12', '99', '13, 8', '', 'x', undefined]) {
    raw.attack(`Sec-WebSocket-Version: ${version ?? 'missing'} is 426`, async (it) => {
      const answer = await refused(it, { headers: { 'sec-websocket-version': version } }, [426])
      expect(answer.header('sec-websocket-version')).toBe('13')
    })
  }

  const keys = {
    missing: undefined,
    empty: '',
    '3 bytes': 'YWJj',
    '15 bytes': SHORT_KEY,
    '17 bytes': LONG_KEY,
    'not base64': '!!!!!!!!!!!!!!!!!!!!!!==',
    'without padding': KEY.slice(0, 22),
    twice: [KEY, KEY],
  }
  for (const [name, key] of Object.entries(keys)) {
    raw.attack(`Sec-WebSocket-Key ${name} is 400`, async (it) => {
      await refused(it, { headers: { 'sec-websocket-key': key } }, [400])
    })
  }

  for (const method of ['POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH', 'HEAD']) {
    raw.attack(`${method} with upgrade headers is 405`, async (it) => {
      const answer = await it.handshake(`/counted/${it.room}`, { method })
      expect(answer.status).toBe(405)
      expect(answer.header('allow')).toBe('GET')
      expect(await it.trace()).toEqual([])
    })
  }
  raw.attack('POST with upgrade headers and a length is refused', async (it) => {
    const headers = { 'content-length': '0' }
    const { status } = await it.handshake('/raw', { method: 'POST', headers })
    expect([400, 405]).toContain(status)
  })

  for (const upgrade of ['h2c', 'foo', 'websocket/13', 'websockets', '']) {
    raw.attack(`Upgrade: ${upgrade || 'empty'} is answered and not upgraded`, async (it) => {
      await refused(it, { headers: { upgrade } }, [400, 426])
    })
  }
  for (const connection of ['keep-alive', 'close', 'upgrades', undefined]) {
    const suite = connection === undefined ? visible : raw
    suite.attack(`Connection: ${connection ?? 'missing'} is no upgrade`, async (it) => {
      await refused(it, { headers: { connection } }, [400, 426])
    })
  }
  raw.attack('a list of protocols in Upgrade is answered', async (it) => {
    const answer = await it.handshake('/raw', { headers: { upgrade: 'websocket, h2c' } }, 1_000)
    expect([101, 400, 426]).toContain(answer.status)
    expect(answer.header('upgrade') ?? 'websocket').toBe('websocket')
  })

  raw.test('an upgrade of a path without a socket gets what the path answers', async (it) => {
    expect((await it.handshake('/nowhere')).status).toBe(404)
    const health = await it.handshake('/health')
    expect(health.status).toBe(200)
    expect(health.body).toBe('ok')
  })

  const closes = raw.given(kit.can.closesRefused, 'the runtime keeps refused connections open')
  closes.attack('a refusal ends the connection: nothing pipelined is served', async (it) => {
    for (const headers of wrong) {
      const wire = await it.dial()
      wire.write(upgradeRequest(it.target.url, { target: '/raw', headers }))
      wire.write(httpRequest(it.target.url, { target: '/health' }))
      const answer = await readAnswer(wire, 1_000)
      expect(answer.status).toBeGreaterThan(399)
      expect(answer.header('connection')).toMatch(/(^|, *)close$/i)
      expect((await wire.rest(1_000)).toString('latin1')).toBe('')
    }
  })

  async function refused(it: Scope, options: UpgradeOptions, statuses: number[]): Promise<Answer> {
    const answer = await it.handshake('/raw', options, 1_000)
    expect(statuses).toContain(answer.status)
    expect(answer.body.length).toBeGreaterThan(0)
    expect(answer.body.length).toBeLessThanOrEqual(1024)
    return answer
  }
}

const wrong = [
  { 'sec-websocket-version': '8' },
  { 'sec-websocket-key': 'x' },
  { origin: 'https://evil.example' },
]
const plain = {
  upgrade: undefined,
  connection: undefined,
  'sec-websocket-key': undefined,
  'sec-websocket-version': undefined,
}
