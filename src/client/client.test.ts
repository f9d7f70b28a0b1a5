import { describe, expect, test } from 'vitest'
import { turn } from '../../test/support/peer.ts'
import type { Hono } from 'hono'
import { createClient } from './client.ts'

/** The platform's socket, with the server in the hands of the test. */
class Server {
  static last: Server
  readonly url: string
  readonly protocol = 'denwa.v1.json'
  bufferedAmount = 0
  closed = false
  readonly #texts: string[] = []
  declare onopen: () => void
  declare onmessage: (event: { data: string }) => void

  constructor(url: string) {
    this.url = url
    Server.last = this
  }

  open(): void {
    this.onopen()
    this.say({ type: '$welcome', id: 'c_1' })
  }

  say(...frames: object[]): void {
    this.onmessage({ data: JSON.stringify(frames) })
  }

  send(text: string): void {
    this.#texts.push(text)
  }

  close(): void {
    this.closed = true
  }

  async heard(): Promise<any[]> {
    await turn()
    return this.#texts.splice(0).flatMap((text) => JSON.parse(text) as unknown)
  }
}

function open(args: object = { param: { room: '1' } }): [socket: any, server: Server] {
  const client: any = createClient<Hono>('https://test', {
    WebSocket: Server as never,
  })
  const socket = client.chat[':room'].$ws(args)
  Server.last.open()
  return [socket, Server.last]
}

describe('a socket of an app', () => {
  test('is where its path is, over a WebSocket', () => {
    const [socket, server] = open({ param: { room: 'a b' }, query: { as: 'Ann' } })
    expect([socket.status, server.url]).toEqual(['open', 'wss://test/chat/a%20b?as=Ann'])
    socket.close()
  })

  test('asks for one answer', async () => {
    const [socket, server] = open()
    const answer = socket.request('say', 'hi')
    expect(await server.heard()).toEqual([{ type: 'say', id: 1, data: 'hi' }])
    server.say({ id: 1, data: 5 })
    expect(await answer).toBe(5)
    socket.close()
  })

  test('asks for a stream of items', async () => {
    const [socket, server] = open()
    const items: unknown[] = []
    const reading = (async () => {
      for await (const item of socket.request('count', 2) as AsyncIterable<unknown>) {
        items.push(item)
      }
    })()
    expect(await server.heard()).toEqual([{ type: 'count', id: 1, data: 2 }])
    server.say({ id: 1, item: 0 }, { id: 1, item: 1 }, { id: 1, end: true })
    await reading
    expect(items).toEqual([0, 1])
    socket.close()
  })

  test('joins channels by their names, and knows where they are', async () => {
    const [socket, server] = open()
    const room = socket.channel('room/:room', { room: 'a.b' })
    const heard: unknown[] = []
    room.on('said', (text: unknown) => heard.push(text))
    expect(await server.heard()).toMatchObject([{ type: '$join', channel: 'room/a%2Eb' }])
    const presence = { version: 1, members: { c_1: 'Ann' } }
    server.say({ id: 1, data: { position: ['x', 4], presence } })
    server.say({ channel: 'room/a%2Eb', offset: 5, type: 'said', data: 'hi' })
    expect([heard, room.presence.list()]).toEqual([['hi'], ['Ann']])
    expect([room.position, socket.positions()]).toEqual([['x', 5], { 'room/a%2Eb': ['x', 5] }])
    expect(socket.channel('room/:room', { room: 'a.b' })).toBe(room)
    socket.close()
  })

  test('is closed where its scope ends', async () => {
    const [socket, server] = open()
    const status: string[] = []
    socket.onStatus((each: string) => status.push(each))
    {
      await using scoped = socket
      scoped.send('hello')
    }
    expect([server.closed, status]).toEqual([true, ['closed']])
  })
})
