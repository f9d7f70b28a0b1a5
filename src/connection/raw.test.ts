import { describe, expect, test } from 'vitest'
import { peer, turn } from '../../test/support/peer.ts'
import { SocketError } from '../errors.ts'
import { INTERNALS } from '../handshake/route.ts'
import { observe } from '../observe.ts'
import { raw } from '../raw.ts'
import { TestClock } from '../testing/clock.ts'
import { drain } from './drain.ts'

describe('a raw socket', () => {
  test('hands over text and bytes as they came, and sends them just so', async () => {
    const client = await peer(raw({ message: (c, data) => c.send(data) }))
    const bytes = new Uint8Array([0, 255, 1])
    client.say('hi', bytes, '')
    const next = (): Promise<unknown> => client.socket.next()
    expect([await next(), await next(), await next()]).toEqual(['hi', bytes, ''])
  })

  test('has nothing of the protocol: no ping, no frames', async () => {
    const seen: unknown[] = []
    const client = await peer(raw({ message: (_, data) => seen.push(data) }))
    client.say('ping', '{"type":"$join","id":1}')
    await turn()
    expect(seen).toEqual(['ping', '{"type":"$join","id":1}'])
  })

  test('keeps messages until open has settled, in order', async () => {
    const gate = Promise.withResolvers<void>()
    const seen: unknown[] = []
    const at = raw({ open: () => gate.promise, message: (_, data) => seen.push(data) })
    const client = await peer(at)
    client.say('1', new Uint8Array([2]), '3')
    await turn()
    expect(seen).toEqual([])
    gate.resolve()
    await turn()
    expect(seen).toEqual(['1', new Uint8Array([2]), '3'])
  })

  test('bounds what waits for open', async () => {
    const client = await peer(raw({ open: () => new Promise(() => {}) }))
    client.say(...Array<string>(257).fill('x'))
    expect((await client.ended())?.code).toBe(1013)
  })

  test('closes with 1009 for more than 64 KiB, in bytes', async () => {
    let seen = 0
    const at = raw({ message: () => void seen++ })
    const fits = ['x'.repeat(65_536), 'é'.repeat(32_768), new Uint8Array(65_536)]
    const client = await peer(at)
    client.say(...fits)
    expect(await client.ended()).toBeUndefined()
    expect(seen).toBe(3)
    for (const large of ['x'.repeat(65_537), 'é'.repeat(32_769), new Uint8Array(65_537)]) {
      const other = await peer(at)
      other.say(large)
      expect((await other.ended())?.code).toBe(1009)
    }
    expect(seen).toBe(3)
  })

  test('closes with 1011 for an exception in message, sync or async, of any type', async () => {
    const heard: unknown[] = []
    const stop = observe(({ where, error }) => heard.push([where, error]))
    for (const error of [
      new Error('secret'),
      'secret',
      undefined,
      new SocketError('forbidden', 'secret'),
    ]) {
      heard.length = 0
      for (const message of [
        () => {
          throw error
        },
        () => Promise.reject(error),
      ]) {
        const client = await peer(raw({ message }))
        client.say('x')
        expect(await client.ended()).toEqual({ code: 1011, reason: 'internal error' })
      }
      expect(heard).toEqual([
        ['message', error],
        ['message', error],
      ])
    }
    stop()
  })

  test('closes with the code of a SocketError that open throws', async () => {
    const open = (): never => {
      throw new SocketError('forbidden', 'members only')
    }
    const client = await peer(raw({ open }))
    expect(await client.ended()).toEqual({ code: 4003, reason: 'members only' })
  })

  test('tells its end once', async () => {
    const ends: unknown[] = []
    const client = await peer(raw({ close: (_, info) => ends.push(info) }))
    client.socket.close(1006)
    await turn()
    expect(ends).toEqual([{ code: 1006, reason: '', wasClean: false }])
  })

  test('sends nothing after its end, and handles nothing', async () => {
    const seen: unknown[] = []
    const at = raw({
      message(c, data) {
        seen.push(data)
        c.close(4300, 'enough')
        c.send('late')
      },
    })
    const client = await peer(at)
    client.say('1', '2')
    expect(await client.ended()).toEqual({ code: 4300, reason: 'enough' })
    await expect(client.socket.next()).rejects.toThrow(/closed with 4300/)
    expect(seen).toEqual(['1'])
  })

  test('shows its id, state, and what waits to be sent', async () => {
    const at = raw({
      state: () => ({ name: 'ann' }),
      open: (c) => c.send(JSON.stringify([c.id, c.state, c.protocol, c.bufferedAmount])),
    })
    const client = await peer(at)
    expect(await client.socket.next()).toEqual([
      expect.stringMatching(/^c_/),
      { name: 'ann' },
      '',
      0,
    ])
  })
})

describe('a raw socket that is drained', () => {
  const restart = { code: 1012, reason: 'restart' }

  async function drained(handlers: object) {
    const clock = new TestClock()
    const at = raw(handlers) as any
    const client = await peer(at, { clock })
    const { live } = at[INTERNALS].route.endpoint
    const end = async (): Promise<void> => {
      void drain({ live }, 2000, clock)
      await turn()
    }
    const pass = async (ms: number): Promise<void> => {
      await turn()
      clock.advance(ms)
      await turn()
    }
    return { client, end, pass }
  }

  test('is only closed', async () => {
    const { client, end } = await drained({})
    await end()
    expect(await client.ended()).toEqual(restart)
    await expect(client.socket.next()).rejects.toThrow('closed with 1012')
  })

  test('waits for its handlers, and hears nothing new', async () => {
    const gate = Promise.withResolvers<void>()
    const heard: unknown[] = []
    const { client, end, pass } = await drained({
      async message(c: any, data: string) {
        heard.push(data)
        await gate.promise
        c.send(`${data}, done`)
      },
    })
    client.say('first')
    await turn()
    await end()
    client.say('second')
    await pass(50)
    expect(await client.ended()).toBeUndefined()
    gate.resolve()
    await pass(50)
    expect(await client.ended()).toEqual(restart)
    expect(await client.socket.next()).toBe('first, done')
    expect(heard).toEqual(['first'])
  })
})
