// What the hooks make of an app.
import type { ClientChannel, ClientSocket, RequestError, Status, Why } from 'denwa/client'
import type { ChannelStatus } from 'denwa/client'
import { createClient } from 'denwa/client'
import { type Present, useChannel, usePresence, useSocket, useStatus } from 'denwa/react'
import { contract, socket } from 'denwa'
import { Hono } from 'hono'
import { validator } from 'hono/validator'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import type { App } from './app.ts'
import type { Message } from './contract.ts'

const def = contract({
  events: { notice: z.object({ text: z.string() }) },
  channels: {
    news: { events: { said: z.string() } },
    'room/:room': { events: { said: z.string() }, presence: z.object({ name: z.string() }) },
  },
})
const at = socket(def, {
  channels: {
    news: { join: () => true },
    'room/:room': { join: () => true, presence: () => ({ name: 'Ann' }) },
  },
})
const app = new Hono()
  .get('/', at)
  .get('/chat/:room', at)
  .get(
    '/named',
    validator('query', ({ as }) => ({ as: String(as) })),
    at,
  )
  .get('/health', (c) => c.text('ok'))

const client = createClient<typeof app>('https://chat.example')

const whole = useSocket(client.chat[':room'], { param: { room: 'a' } })
expectTypeOf(whole).toExtend<ClientSocket<any> | undefined>()
whole?.on('notice', ({ text }) => expectTypeOf(text).toEqualTypeOf<string>())
const onError = (error: RequestError): void => void error
const on = { notice: (notice: { text: string }): void => void notice }
const index = useSocket(client.index)
expectTypeOf(index).toEqualTypeOf(whole)
expectTypeOf(useSocket(client.index, {}, { on, onError })).toEqualTypeOf(whole)
useSocket(
  client.chat[':room'],
  { param: { room: 'a' } },
  {
    on: { notice: (notice) => expectTypeOf(notice).toEqualTypeOf<{ text: string }>() },
    onError: (error) => expectTypeOf(error).toEqualTypeOf<RequestError>(),
  },
)
// Without an endpoint there is none.
const isIn = Boolean(whole)
expectTypeOf(useSocket(isIn ? client.index : undefined)).toEqualTypeOf(whole)
expectTypeOf(useSocket(isIn ? client.named : undefined, { query: { as: 'Ann' } })).toEqualTypeOf(
  whole,
)

// @ts-expect-error the parameter of the path is missing
useSocket(client.chat[':room'])
// @ts-expect-error the query is missing
useSocket(client.named, {})
// @ts-expect-error a parameter is text
useSocket(client.chat[':room'], { param: { room: 1 } })
// @ts-expect-error no such event
useSocket(client.index, {}, { on: { shouted() {} } })
// @ts-expect-error no such data
useSocket(client.index, {}, { on: { notice: (text: string) => text } })
// @ts-expect-error not a socket
useSocket(client.health)

const room = useChannel(
  whole,
  'room/:room',
  { room: 'a' },
  {
    last: 20,
    since: ['x', 1],
    on: { said: (text) => expectTypeOf(text).toEqualTypeOf<string>() },
    onReset: (reason) => expectTypeOf(reason).toEqualTypeOf<string>(),
  },
)
room?.on('said', (text) => expectTypeOf(text).toEqualTypeOf<string>())
expectTypeOf(room).toExtend<ClientChannel<any> | undefined>()
const news = useChannel(whole, 'news', {})
// @ts-expect-error no such channel
useChannel(whole, 'olds', {})
// @ts-expect-error the parameter of the channel is missing
useChannel(whole, 'room/:room', {})
// @ts-expect-error no such event on the channel
useChannel(whole, 'news', {}, { on: { shouted() {} } })

const present = usePresence(room)
expectTypeOf(present).toEqualTypeOf<Present<{ name: string }>>()
expectTypeOf(present.members).toEqualTypeOf<ReadonlyMap<string, { name: string }>>()
// @ts-expect-error a channel without presence
usePresence(news)

expectTypeOf(useStatus(whole).status).toEqualTypeOf<Status | undefined>()
expectTypeOf(useStatus(whole).why).toEqualTypeOf<Why | undefined>()
expectTypeOf(useStatus(room).status).toEqualTypeOf<ChannelStatus | undefined>()
expectTypeOf(useStatus(room).error).toEqualTypeOf<RequestError | undefined>()

// What a page of an app in another file has.
const other = createClient<App>('https://chat.example')
const lobby = useSocket(other.chat[':room'], { param: { room: 'lobby' } })
useChannel(
  lobby,
  'room/:room',
  { room: 'lobby' },
  {
    on: { said: (message) => expectTypeOf(message).toEqualTypeOf<Message>() },
  },
)
// An object with `$ws` will do.
expectTypeOf(useSocket({ $ws: () => lobby! })).toEqualTypeOf(lobby)
// Its options are the last argument, whatever it is opened with.
useSocket({ $ws: () => whole! }, {}, { on, onError })
useSocket({ $ws: () => whole! }, undefined, { on })
// @ts-expect-error these would be what it is opened with
useSocket({ $ws: () => whole! }, { on })
declare const wide: { $ws(room: string, as: string): NonNullable<typeof index> }
// @ts-expect-error it is opened with one thing
useSocket(wide, 'a', 'b')
