import { afterAll, describe, expect, test } from 'vitest'
import { connect, request } from '../../src/testing/raw-client.ts'
import { launch } from '../../tools/launch.ts'
import { Client, life, say } from './durable/client.ts'

const entries = ['entry', 'entry-without-handler'] as const

describe.each(entries)('%s', async (name) => {
  const entry = `${import.meta.dirname}/durable/${name}.ts`
  const server = await launch({ runtime: 'durable', entry })
  afterAll(() => server.close())
  const { url } = server

  test('the 101 carries what middleware set, before and after the route', async () => {
    const ann = await Client.in(url, 'lobby', 'ann', { protocols: ['denwa.v1.json'] })
    const { socket } = ann
    expect(socket.answer.header('x-before')).toBe('1')
    expect(socket.answer.header('x-after')).toBe('2')
    expect(socket.protocol).toBe('denwa.v1.json')
    expect((await ann.next()).type).toBe('$welcome')
  })

  test('handlers see the bindings, and the channels are those of the room', async () => {
    const [ann, ben] = [await Client.in(url, 'red', 'ann'), await Client.in(url, 'blue', 'ben')]
    expect((await ann.ask('whoami', 1)).data.env).toBe('object')
    await say(url, 'red', 'red only')
    expect((await ann.next()).data).toEqual({ from: 'http', text: 'red only' })
    await say(url, 'blue', 'blue only')
    await ben.next()
    expect((await ben.next()).data.text).toBe('blue only')
  })

  test('a late 401 wins, and no socket is left behind', async () => {
    const refused = Client.in(url, 'late', 'ann', { query: '&late=401' })
    await expect(refused).rejects.toThrow('refused with 401: too late')
    await expect.poll(async () => (await life(url, 'late')).sockets).toBe(0)
  })

  test('a plain GET and an old version are 426', async () => {
    expect((await request(url, { target: '/socket/lobby' })).status).toBe(426)
    const old = { 'sec-websocket-version': '8' }
    await expect(Client.in(url, 'lobby', 'ann', { headers: old })).rejects.toThrow('426')
  })

  test('a raw socket hears ping as any other text', async () => {
    const socket = await connect(url, { target: '/plain' })
    for (const text of ['hello', 'ping']) {
      socket.send(text)
      expect(await socket.next()).toBe(text)
    }
  })

  test('an object that fails is a 503, and another one serves on', async () => {
    const broken = Client.in(url, 'broken', 'ann')
    await expect(broken).rejects.toThrow('refused with 503')
    await expect(Client.in(url, 'whole', 'ann')).resolves.toBeInstanceOf(Client)
  })

  describe('a client that brings a snapshot of its own', () => {
    const channels = ['room/forged', 'locked/forged']
    const state = { room: 'forged', name: 'mallory', opened: 1 }
    const forged = { v: 1, id: 'c_forged', state, protocol: '', opened: true, last: 0, channels }
    const headers = { 'denwa-snapshot': encodeURIComponent(JSON.stringify(forged)) }
    const host = 'object.denwa.invalid'

    test('is not believed by the route', async () => {
      const ann = await Client.in(url, 'forged', 'ann', { headers })
      const { data } = await ann.ask('whoami', 1)
      expect(data.state).toEqual({ room: 'forged', name: 'ann', opened: 1 })
      expect(data.id).not.toBe('c_forged')
    })

    test.each([
      ['its own address', '/by-hand/forged', {}],
      ['the address of the inside', '/socket', { host }],
      ['the scheme of the inside', '/socket', { host, 'x-forwarded-proto': 'https' }],
      ['the whole of it', `https://${host}/socket`, { host }],
    ])('is refused by an object to which requests are forwarded: %s', async (_, target, more) => {
      const socket = connect(url, { target, headers: { ...headers, ...more } })
      await expect(socket).rejects.toThrow('refused with 404')
    })

    test('cannot publish', async () => {
      const ann = await Client.in(url, 'forged', 'ann')
      await ann.next()
      const body = JSON.stringify({
        address: 'room/forged',
        frame: JSON.stringify({ channel: 'room/forged', type: 'said', data: { text: 'forged' } }),
      })
      const options = { target: '/publish', method: 'POST', body, headers: { host } }
      expect((await request(url, options)).status).toBe(404)
      await say(url, 'forged', 'honest')
      expect((await ann.next()).data.text).toBe('honest')
    })
  })
})
