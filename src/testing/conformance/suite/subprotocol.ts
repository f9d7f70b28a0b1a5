import type { Kit, Scope } from '../kit.ts'

const JSON_V1 = 'denwa.v1.json'
const TOKEN = 'denwa.bearer.c2VjcmV0LXRva2Vu'

/** The subprotocol is chosen by the endpoint, never reflected. */
export function subprotocol(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')

  const chosen: [path: string, offered: string[], expected: string | undefined][] = [
    ['/socket', [JSON_V1], JSON_V1],
    ['/socket', ['chat', JSON_V1], JSON_V1],
    ['/socket', ['toString', 'constructor', JSON_V1], JSON_V1],
    ['/socket', [TOKEN, JSON_V1], JSON_V1],
    ['/socket', [JSON_V1, TOKEN], JSON_V1],
    ['/socket', [], undefined],
    ['/raw-protocol', ['chat.v2', 'chat.v1'], 'chat.v2'],
    ['/raw-protocol', ['chat.v1', 'chat.v2'], 'chat.v1'],
    ['/raw-protocol', ['other', 'chat.v1', TOKEN], 'chat.v1'],
    ['/raw-protocol', [], undefined],
  ]
  for (const [path, offered, expected] of chosen) {
    kit.test(
      `${path} offered "${offered.join(', ')}" chooses ${expected ?? 'none'}`,
      async (it) => {
        const target = path === '/socket' ? `/socket/${it.room}` : path
        const link = await it.link(target, { protocols: offered })
        expect(link.status).toBe(101)
        expect(link.header('sec-websocket-protocol')).toBe(expected)
      },
    )
  }

  kit.test('raw handlers see the chosen one', async (it) => {
    const link = await it.link('/raw-protocol', { protocols: ['x', 'chat.v2'] })
    expect(await link.message(2_000)).toBe('protocol chat.v2')
    const without = await it.link('/raw-protocol')
    expect(await without.message(2_000)).toBe('protocol ')
  })

  kit.test('offered but none known is 400 and names the known ones', async (it) => {
    const typed = await it.link(`/socket/${it.room}`, { protocols: ['chat', 'constructor'] })
    expect(typed.status).toBe(400)
    expect(typed.body).toContain(JSON_V1)
    const chat = await it.link('/raw-protocol', { protocols: ['chat.v3'] })
    expect(chat.status).toBe(400)
    expect(chat.body).toContain('chat.v1')
    expect(chat.body).toContain('chat.v2')
  })

  for (const header of ['a b/é', 'a,,b', 'a, a', ',', 'a;b', 'a"b', `${JSON_V1},${JSON_V1}`]) {
    raw.attack(`Sec-WebSocket-Protocol: "${header}" is 400`, async (it) => {
      for (const target of [`/socket/${it.room}`, '/raw-protocol']) {
        const headers = { 'sec-websocket-protocol': header }
        expect((await it.handshake(target, { headers })).status).toBe(400)
      }
    })
  }

  raw.test('an empty header offers nothing', async (it) => {
    const answer = await it.handshake('/raw', { headers: { 'sec-websocket-protocol': '' } })
    expect([101, 400]).toContain(answer.status)
    expect(answer.header('sec-websocket-protocol')).toBeUndefined()
  })

  raw.test('two header lines are one list', async (it) => {
    const headers = { 'sec-websocket-protocol': ['chat.v9', 'chat.v2'] }
    const answer = await it.handshake('/raw-protocol', { headers })
    expect(answer.status).toBe(101)
    expect(answer.all('sec-websocket-protocol')).toEqual(['chat.v2'])
  })

  raw.test('a credential is nowhere in the answer', async (it) => {
    for (const target of ['/raw', '/raw-protocol', `/socket/${it.room}`]) {
      for (const protocols of [[TOKEN], [TOKEN, 'chat'], [TOKEN, JSON_V1]]) {
        expect(await everything(it, target, protocols)).not.toContain('c2VjcmV0')
      }
    }
  })

  kit.test('the welcome comes first, if a subprotocol was negotiated', async (it) => {
    const socket = await it.open(`/socket/${it.room}?openMs=20`, { protocols: [JSON_V1] })
    const welcome = await socket.next()
    expect(welcome.type).toBe('$welcome')
    expect(welcome.limits).toEqual({ message: 65_536 })
    expect(Array.isArray(welcome.features)).toBe(true)
    const opened = await socket.next()
    expect(opened).toEqual({ type: 'opened', data: { id: welcome.id } })
  })

  kit.test('without a subprotocol there is no welcome', async (it) => {
    const socket = await it.open(`/socket/${it.room}?openMs=20`)
    expect((await socket.next()).type).toBe('opened')
  })

  async function everything(it: Scope, target: string, protocols: string[]): Promise<string> {
    const answer = await it.handshake(target, { protocols })
    return JSON.stringify(answer)
  }
}
