import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { anything } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { raw } from '../raw.ts'
import { socket } from '../socket.ts'
import { connect } from './connect.ts'

const echo = new Hono().get('/', raw({ message: (c, data) => c.send(data) }))

describe('connect', () => {
  test('answers 101, and is a socket', async () => {
    const client = await connect(echo, '/')
    expect(client.response.status).toBe(101)
    client.send('hi')
    expect(await client.next()).toBe('hi')
  })

  test('sends text and bytes as they are, and all else as JSON', async () => {
    const client = await connect(echo, '/')
    const bytes = new Uint8Array([1, 2])
    for (const data of ['text', bytes, { a: 1 }, 5, null, [1, 2], []]) {
      client.send(data)
      expect(await client.next()).toEqual(data)
    }
  })

  test('gives the frames of an array one after the other to who negotiated a subprotocol', async () => {
    const at = socket(contract({ messages: { tell: anything }, events: { told: anything } }), {
      messages: {
        tell(c) {
          for (const n of [1, 2, 3]) c.send('told', n)
        },
      },
    })
    const client = await connect(new Hono().get('/', at), '/', { protocols: ['denwa.v1.json'] })
    expect(await client.next()).toMatchObject({ type: '$welcome' })
    client.send({ type: 'tell' })
    for (const data of [1, 2, 3]) expect(await client.next()).toEqual({ type: 'told', data })
  })

  test('lets one wait for a frame before it is sent', async () => {
    const client = await connect(echo, '/')
    const frames = [client.next(), client.next()]
    client.send('1st')
    client.send('2nd')
    expect(await Promise.all(frames)).toEqual(['1st', '2nd'])
  })

  test('shows a refusal, from which nothing can be read', async () => {
    const refused = new Hono().get('/', (c) => c.text('no', 403))
    const client = await connect(refused, '/')
    expect([client.response.status, await client.response.text()]).toEqual([403, 'no'])
    client.send('x')
    client.close()
    await expect(client.next()).rejects.toThrow(/refused with 403/)
    expect(await client.closed).toEqual({ code: 1006, reason: '' })
  })

  test('gives what came before the end, and then rejects', async () => {
    const at = raw({
      open(c) {
        c.send('last')
        c.close(4300, 'enough')
      },
    })
    const client = await connect(new Hono().get('/', at), '/')
    expect(await client.closed).toEqual({ code: 4300, reason: 'enough' })
    expect(await client.next()).toBe('last')
    await expect(client.next()).rejects.toThrow(/closed with 4300 enough/)
  })

  test('rejects whoever waits when the end comes', async () => {
    const client = await connect(echo, '/')
    const next = client.next()
    client.close(4321, 'bye')
    await expect(next).rejects.toThrow(/closed with 4321 bye/)
  })

  test('offers subprotocols and headers', async () => {
    const seen: unknown[] = []
    const state = (c: any): {} => {
      seen.push(
        c.req.header('sec-websocket-protocol'),
        c.req.header('x-name'),
        c.req.header('host'),
      )
      return {}
    }
    const at = socket(contract({}), { state })
    const options = {
      protocols: ['a', 'denwa.v1.json'],
      headers: { 'x-name': 'ann', host: 'other' },
    }
    await connect(new Hono().get('/', at), '/', options)
    expect(seen).toEqual(['a, denwa.v1.json', 'ann', 'other'])
  })
})
