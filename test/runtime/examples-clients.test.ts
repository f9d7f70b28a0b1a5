import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runtimes } from '../../tools/launch.ts'
import { nodeWebSocket, ws, wscat } from './examples/clients.ts'
import type { Client } from './examples/clients.ts'
import { npmRunExample } from './examples/npm-run.ts'
import type { Run } from './examples/npm-run.ts'

interface Frame {
  type?: string
  id?: number
  data?: unknown
}

/** Comes in, joins, says hi, and waits for the reply; what it heard, a message each. */
async function sayHi(client: Client, room: string): Promise<(Frame | Frame[])[]> {
  const messages: (Frame | Frame[])[] = []
  try {
    for await (const text of client.texts) {
      const message: Frame | Frame[] = JSON.parse(text)
      messages.push(message)
      const frames = [message].flat()
      if (frames.some(({ type }) => type === 'welcome')) {
        client.send(`{"type":"$join","id":1,"channel":"room/${room}"}`)
        client.send('{"type":"say","id":2,"data":{"text":"hi"}}')
      }
      if (frames.some(({ id }) => id === 2)) return messages
    }
  } finally {
    client.close()
  }
  throw new Error(`Closed after ${JSON.stringify(messages)}`)
}

describe.each(runtimes)('clients that know nothing of denwa, chat on %s', (runtime) => {
  let run: Run
  let url: string
  beforeAll(async () => {
    run = npmRunExample('chat', '--runtime', runtime, '--port', '0')
    const listening = await run.firstLine
    url = `${listening?.replace('listening on http', 'ws')}/chat/`
  })
  afterAll(async () => {
    run.kill('SIGTERM')
    await run.ended
  })

  test.each([
    { room: 'lobby', name: 'wscat', connect: wscat, protocols: [] },
    { room: 'coffee', name: 'wscat', connect: wscat, protocols: ['denwa.v1.json'] },
    { room: 'music', name: 'WebSocket of Node', connect: nodeWebSocket, protocols: [] },
    {
      room: 'tea',
      name: 'WebSocket of Node',
      connect: nodeWebSocket,
      protocols: ['denwa.v1.json'],
    },
    { room: 'books', name: 'ws', connect: ws, protocols: [] },
    { room: 'games', name: 'ws', connect: ws, protocols: ['denwa.v1.json'] },
  ])('$name, subprotocols $protocols', async ({ room, connect, protocols }) => {
    const messages = await sayHi(connect(url + room, protocols), room)
    const frames = messages.flat().filter(({ type }) => !type?.startsWith('$'))
    const { name } = frames[0]!.data as { name: string }
    expect(frames).toMatchObject([
      { type: 'welcome', data: { name: expect.stringMatching(/^\w+ \w+$/) } },
      { id: 1, data: { position: [expect.any(String), 0] } },
      { type: 'said', data: { from: name, text: 'hi' } },
      { id: 2, data: { from: name, text: 'hi' } },
    ])
    if (protocols.length === 0) expect(messages.filter(Array.isArray)).toEqual([])
  })
})
