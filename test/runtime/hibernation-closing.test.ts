import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { Opcode, closePayload } from '../../src/testing/raw-client.ts'
import { Client, life, said, say } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

const server = await serveEvicting()
afterAll(() => server.close())
const { url } = server

describe.each(['awake', 'asleep'])('an object that is %s', (condition) => {
  const maybeSleep = async (room: string): Promise<void> => {
    if (condition === 'asleep') await server.evict(room)
  }
  const enter = (name: string, options = {}): Promise<Client> =>
    Client.in(url, `${name}-${condition}`, 'ann', options)
  const watch = async (name: string): Promise<Client> => {
    const client = await Client.in(url, `${name}-${condition}`, 'watch')
    await client.next()
    return client
  }

  test.each([1000, 1001, 3000, 4999])('answers Close %i with the same', async (code) => {
    const ann = await enter(`close-${code}`)
    await maybeSleep(`close-${code}-${condition}`)
    ann.socket.close(code, 'done')
    expect(await ann.closed()).toBe(code)
    expect(await ann.socket.ended()).toBe('fin')
  })

  test('answers a Close without a code', async () => {
    const ann = await enter('bare')
    const watcher = await watch('bare')
    await maybeSleep(`bare-${condition}`)
    ann.socket.close()
    expect(await ann.closed()).toBe(1005)
    expect((await watcher.next()).data.text).toBe('left 1005')
  })

  test('hears of a reset, and keeps no ghost', async () => {
    const [watcher, ann] = [await watch('reset'), await enter('reset')]
    await maybeSleep(`reset-${condition}`)
    ann.socket.reset()
    expect((await watcher.next()).data.text).toMatch(/^left 1006/)
    await say(url, `reset-${condition}`, 'to the living')
    expect((await watcher.next()).data.text).toBe('to the living')
    expect((await life(url, `reset-${condition}`)).sockets).toBe(1)
  })

  test('ignores what follows its own Close, and reports that one, once', async () => {
    const room = `own-${condition}`
    const [watcher, ann] = [await watch('own'), await enter('own', { autoClose: false })]
    ann.send({ type: 'close', id: 1, data: { code: 4400 } })
    expect(await ann.closed()).toBe(4400)
    // Not before the five seconds are over in which the Close should have been answered.
    await maybeSleep(room)
    ann.send({ type: 'say', id: 2, data: { text: 'still here' } })
    ann.socket.frame({ opcode: Opcode.close, payload: closePayload(4095) })
    expect((await watcher.next()).data.text).toBe('left 4400 asked to')
    await say(url, room, 'next')
    expect((await watcher.next()).data.text).toBe('next')
  })

  test('opens a refused connection no second time', async () => {
    const room = `refused-${condition}`
    const watcher = await watch('refused')
    const stranger = await Client.in(url, room, 'refused', { autoClose: false })
    expect(await stranger.closed()).toBe(4003)
    expect((await watcher.next()).data.text).toBe('knocks')
    await maybeSleep(room)
    stranger.send({ type: 'whoami', id: 1 })
    stranger.socket.frame({ opcode: Opcode.close, payload: closePayload(4003) })
    expect((await watcher.next()).data.text).toBe('left 4003 not you')
    await say(url, room, 'next')
    expect((await watcher.next()).data.text).toBe('next')
  })

  test('survives a handler that throws', async () => {
    const [watcher, ann] = [await watch('throw'), await enter('throw')]
    for (const [id, type] of ['throws', 'rejects', 'throws'].entries()) {
      await maybeSleep(`throw-${condition}`)
      expect((await ann.ask(type, id + 1)).error.code).toBe('internal')
    }
    ann.send({ type: 'throws' })
    expect((await ann.find((frame) => frame.error)).error.code).toBe('internal')
    await maybeSleep(`throw-${condition}`)
    ann.send({ type: 'say', id: 9, data: { text: 'alive' } })
    for (const each of [ann, watcher]) await each.find(said('alive'))
  })

  test('closes for a protocol error, and tells the others', async () => {
    const [watcher, ann] = [await watch('broken'), await enter('broken')]
    await maybeSleep(`broken-${condition}`)
    ann.socket.frame({ opcode: 3, payload: 'x' })
    expect(await ann.closed()).toBe(1002)
    expect((await watcher.next()).data.text).toBe('left 1006')
    await sleep(50)
    expect((await life(url, `broken-${condition}`)).sockets).toBe(1)
  })
})
