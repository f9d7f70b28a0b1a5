// What the client makes of a contract, beyond what is said and asked.
import type { Channel, Position, RequestError, Status, Why } from 'denwa/client'
import { type Client, type ClientSocket, createClient } from 'denwa/client'
import { channels, connect, reconnecting, stream } from 'denwa/client'
import { bearer, inQuery, offline } from 'denwa/client'
import { contract, socket } from 'denwa'
import { Hono } from 'hono'
import { hc } from 'hono/client'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import type { app as raw } from './raw.ts'

const Member = z.object({ name: z.string() })
const def = contract({
  messages: { typing: z.boolean() },
  requests: {
    rename: { input: z.string(), output: z.number() },
    count: { input: z.number(), item: z.number() },
  },
  events: { notice: z.object({ text: z.string() }) },
  channels: {
    news: { events: { said: z.string() } },
    'room/:room': { events: { said: z.string() }, presence: Member },
  },
})
const at = socket(def, {
  messages: { typing() {} },
  requests: {
    rename: () => 1,
    async *count() {
      yield 1
    },
  },
  channels: {
    news: { join: () => true },
    'room/:room': { join: () => true, presence: () => ({ name: 'Ann' }) },
  },
})
const app = new Hono()
  .get('/', at)
  .get('/chat/:room', at)
  .get('/health', (c) => c.text('ok'))

declare const token: () => Promise<string>
const client = createClient<typeof app>('https://chat.example', {
  credential: bearer((renew) => (renew ? token() : 'kept')),
  queue: offline({ max: 10, overflow: 'oldest' }),
  backoff: { minMs: 100 },
})
createClient<typeof app>('', { credential: inQuery('ticket', token), WebSocket })
expectTypeOf(client).toEqualTypeOf<Client<typeof app>>()
// @ts-expect-error a credential says where it goes
createClient<typeof app>('', { credential: token })

const chat = client.chat[':room'].$ws({ param: { room: 'a' } })
// Nothing is to be filled in.
expectTypeOf(client.index.$ws()).toEqualTypeOf(chat)
// `state` may read a query that nobody validates.
const named = client.chat[':room'].$ws({ param: { room: 'a' }, query: { name: 'Ann' } })
expectTypeOf(named).toEqualTypeOf(chat)
expectTypeOf(client.index.$ws({ query: { tag: ['a', 'b'] } })).toEqualTypeOf(chat)
// @ts-expect-error a query is text
client.index.$ws({ query: { name: 1 } })
expectTypeOf(chat).toExtend<ClientSocket<any> & AsyncDisposable>()
expectTypeOf(chat.status).toEqualTypeOf<Status>()
chat.onStatus((_, why) => expectTypeOf(why).toEqualTypeOf<Why | undefined>())
chat.onError((error) => expectTypeOf(error).toEqualTypeOf<RequestError>())
chat.on('notice', (notice) => expectTypeOf(notice).toEqualTypeOf<{ text: string }>())
expectTypeOf(chat.request('rename', 'Bob', { key: 'k' })).toEqualTypeOf<Promise<number>>()
expectTypeOf(chat.request('count', 3)).toEqualTypeOf<AsyncIterable<number>>()
chat.close(1000, 'done')

const room = chat.channel('room/:room', { room: 'a' }, { last: 20, since: ['x', 1] })
room.on('said', (text) => expectTypeOf(text).toEqualTypeOf<string>())
room.onReset((reason) => expectTypeOf(reason).toEqualTypeOf<string>())
room.presence.on('join', (member, key) => {
  expectTypeOf(member).toEqualTypeOf<{ name: string }>()
  expectTypeOf(key).toEqualTypeOf<string>()
})
expectTypeOf(room.presence.list()).toEqualTypeOf<{ name: string }[]>()
expectTypeOf(room.position).toEqualTypeOf<Position | undefined>()
expectTypeOf(room.leave()).toEqualTypeOf<Promise<void>>()
expectTypeOf(chat.positions()).toEqualTypeOf<Record<string, Position | undefined>>()
expectTypeOf(chat.channel('news', {}).presence).toEqualTypeOf<never>()

// @ts-expect-error a stream is not awaited
expectTypeOf(await chat.request('count', 3)).toEqualTypeOf<number>()
// @ts-expect-error one answer is no stream
for await (const each of chat.request('rename', 'Bob')) void each
// @ts-expect-error a position is an epoch and an offset
chat.channel('news', {}, { since: [1, 'x'] })
// @ts-expect-error no such event
room.on('shouted', () => {})
// @ts-expect-error the parameter of the channel is missing
chat.channel('room/:room', {})
// @ts-expect-error the parameter of the path is missing
client.chat[':room'].$ws()
// @ts-expect-error not a socket
void client.health.$ws
// @ts-expect-error a socket without a contract is opened by hc
void createClient<typeof raw>('').raw.$ws

// Without an app, names are only names.
const bare = connect(new URL('wss://chat.example'))
expectTypeOf(channels(bare).join('room/a')).toEqualTypeOf<Channel>()
expectTypeOf(await bare.request('rename', 'Bob')).toEqualTypeOf<unknown>()
for await (const each of stream(bare, 'count', 3)) void each

const sockets = hc<typeof raw>('https://chat.example', { webSocket: reconnecting })
expectTypeOf(sockets.raw.$ws()).toEqualTypeOf<WebSocket>()
