import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { contract } from '../contract.ts'
import { raw } from '../raw.ts'
import { socket } from '../socket.ts'
import { connect } from '../testing/connect.ts'
import { subprotocol } from './subprotocol.ts'

const typed = new Hono().get('/', socket(contract({}), {}))
const graphql = new Hono().get('/', subprotocol(['graphql-transport-ws', 'graphql-ws']), raw({}))

/** Status and chosen subprotocol of the answer to an offer. */
async function offer(app: Hono<any, any, any>, header: string): Promise<[number, string | null]> {
  const { response } = await connect(app, '/', { headers: { 'Sec-WebSocket-Protocol': header } })
  return [response.status, response.headers.get('sec-websocket-protocol')]
}

describe('a typed socket', () => {
  test('chooses its own protocol wherever it stands in the offer', async () => {
    expect(await offer(typed, 'denwa.v1.json')).toEqual([101, 'denwa.v1.json'])
    expect(await offer(typed, 'denwa.v2.json, denwa.v1.json, chat')).toEqual([101, 'denwa.v1.json'])
  })

  test('chooses none if none is offered', async () => {
    const { response } = await connect(typed, '/')
    expect(response.status).toBe(101)
    expect(response.headers.has('sec-websocket-protocol')).toBe(false)
  })

  test('never echoes a credential, alone or beside a protocol', async () => {
    expect(await offer(typed, 'denwa.bearer.dG9r, denwa.v1.json')).toEqual([101, 'denwa.v1.json'])
    expect(await offer(typed, 'denwa.bearer.dG9r')).toEqual([101, null])
    expect(await offer(typed, 'denwa.bearer.dG9r, chat')).toEqual([400, null])
  })

  test('refuses an offer that has nothing it knows, and names what it knows', async () => {
    for (const header of [
      'chat',
      'constructor',
      '__proto__, toString',
      'DENWA.V1.JSON',
      'denwa.v1',
    ]) {
      expect([header, await offer(typed, header)]).toEqual([header, [400, null]])
    }
    const { response } = await connect(typed, '/', { protocols: ['chat'] })
    expect(await response.text()).toContain('denwa.v1.json')
  })

  test('refuses a malformed offer without repeating it', async () => {
    for (const header of [
      'a b',
      'denwa.v1.json, denwa.v1.json',
      ',',
      'denwa.v1.json;q=1',
      '"chat"',
    ]) {
      expect([header, await offer(typed, header)]).toEqual([header, [400, null]])
    }
    const { response } = await connect(typed, '/', { protocols: ['<script>'] })
    expect(await response.text()).not.toContain('script')
  })
})

describe('subprotocol()', () => {
  test('lets a raw socket choose by the order of the client', async () => {
    expect(await offer(graphql, 'graphql-ws, graphql-transport-ws')).toEqual([101, 'graphql-ws'])
    expect(await offer(graphql, 'chat, graphql-transport-ws')).toEqual([
      101,
      'graphql-transport-ws',
    ])
    expect(await offer(graphql, 'denwa.v1.json')).toEqual([400, null])
  })

  test('tells the handlers what was chosen', async () => {
    const app = new Hono().get('/', subprotocol(['x']), raw({ open: (c) => c.send(c.protocol) }))
    const socket = await connect(app, '/', { protocols: ['y', 'x'] })
    expect(await socket.next()).toBe('x')
  })

  test('gives each route its own list', async () => {
    const app = new Hono()
      .get('/a', subprotocol(['a']), raw({}))
      .get('/b', subprotocol(['b']), raw({}))
    const status = async (path: string): Promise<number> =>
      (await connect(app, path, { protocols: ['a'] })).response.status
    expect([await status('/a'), await status('/b'), await status('/a')]).toEqual([101, 400, 101])
  })

  test('refuses names that are no unique tokens, so that no line break reaches a header', () => {
    const lists = [
      [],
      [''],
      ['a', 'a'],
      ['a b'],
      ['a,b'],
      ['a\r\nSet-Cookie: x'],
      ['a\r\n'],
      [' a'],
      ['é'],
    ]
    for (const names of lists) {
      expect(() => subprotocol(names), JSON.stringify(names)).toThrow(TypeError)
    }
  })

  test('refuses to speak a credential', () => {
    expect(() => subprotocol(['chat', 'denwa.bearer.x'])).toThrow(TypeError)
  })
})

test('a raw socket without the policy speaks no subprotocol', async () => {
  const app = new Hono().get('/', raw({}))
  expect(await offer(app, 'chat')).toEqual([400, null])
  const { response } = await connect(app, '/', { protocols: ['chat'] })
  expect(await response.text()).toContain('no subprotocol')
})
