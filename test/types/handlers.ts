// What `socket()` refuses: a table of handlers that is not the contract's.
import { SocketError, contract, observe, socket } from 'denwa'
import type { Context } from 'hono'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { type Message, chat } from './contract.ts'

declare const message: Message
declare const found: AsyncIterable<Message>
declare const numbers: AsyncIterable<number>
const messages = { typing: () => {} }
const requests = { say: () => message, search: () => found }

socket(chat, { messages, requests })
// What a contract does not have needs no table.
socket(contract({}), {})
socket(contract({ events: { tick: z.number() } }), { open: (c) => c.send('tick', 1) })

// @ts-expect-error no handler for a message
socket(chat, { messages: {}, requests })
// @ts-expect-error no table of messages
socket(chat, { requests })
// @ts-expect-error no handler for a request
socket(chat, { messages, requests: { say: () => message } })
// @ts-expect-error a handler for a message that is not in the contract
socket(chat, { messages: { typing: () => {}, shout: () => {} }, requests })
// @ts-expect-error a handler for a request that is not in the contract
socket(chat, { messages, requests: { say: () => message, search: () => found, find: () => 1 } })
// @ts-expect-error the reply breaks the contract
socket(chat, { messages, requests: { ...requests, say: () => ({ id: 'a' }) } })
// @ts-expect-error so does an asynchronous one
socket(chat, { messages, requests: { ...requests, say: async () => ({ id: 1 }) } })
// @ts-expect-error a streamed reply is an async iterable
socket(chat, { messages, requests: { ...requests, search: () => [message] } })
// @ts-expect-error of the items in the contract
socket(chat, { messages, requests: { ...requests, search: () => numbers } })
// @ts-expect-error no such handler
socket(chat, { messages, requests, message: () => {} })
// @ts-expect-error no such limit
socket(chat, { messages, requests, limits: { inflight: 3 } })
// @ts-expect-error a rule for a channel that is not in the contract
socket(chat, { messages, requests, channels: { 'rooms/:room': { join: () => true } } })
// @ts-expect-error a rule answers with a boolean: undefined admits nobody
socket(chat, { messages, requests, channels: { 'room/:room': { join: () => {} } } })

socket(chat, {
  messages: {
    typing(c) {
      expectTypeOf(c.data).toEqualTypeOf<boolean>()
      c.send('welcome', { id: 'a' })
      // @ts-expect-error no such event
      c.send('bye', { id: 'a' })
      // @ts-expect-error wrong payload
      c.send('welcome', { id: 1 })
      // @ts-expect-error an event of a channel is published
      c.send('said', message)
      const room = c.channel('room/:room', { room: 'lobby' })
      void room.publish('said', message)
      // @ts-expect-error no such event on the channel
      void room.publish('welcome', { id: 'a' })
      // @ts-expect-error wrong payload
      void room.publish('typing', { who: 'Ann', on: 'yes' })
      // @ts-expect-error only who joined may leave
      void room.leave()
      // @ts-expect-error no such channel
      c.channel('rooms/:room', { room: 'lobby' })
      // @ts-expect-error wrong parameters
      c.channel('room/:room', { id: 'lobby' })
      // @ts-expect-error missing parameters
      void c.join('room/:room', {})
      // @ts-expect-error there is no request after the handshake
      void c.req
    },
  },
  requests,
})

socket(chat, {
  state: () => ({ count: 0 }),
  open(c) {
    expectTypeOf(c.state).toEqualTypeOf<Readonly<{ count: number }>>()
    c.setState({ count: c.state.count + 1 })
    // @ts-expect-error not in the state
    c.setState({ name: 'Ann' })
    // @ts-expect-error the state is changed by setState
    c.state.count = 1
  },
  messages,
  requests,
})
// @ts-expect-error a state is JSON
socket(chat, { state: () => ({ at: new Date() }), messages, requests })
socket(chat, {
  // @ts-expect-error a path without that parameter
  state: (c: Context<{}, '/chat'>) => ({ id: c.req.param('id').trim() }),
  messages,
  requests,
})

const transformed = contract({
  messages: { at: z.iso.datetime().transform((text) => new Date(text)) },
  requests: { count: { input: z.coerce.number<string>(), output: z.number().transform(String) } },
  events: { at: z.date().transform((date) => date.toISOString()) },
})
socket(transformed, {
  // What a handler reads went through the schema; what it sends goes into it.
  messages: {
    at(c) {
      expectTypeOf(c.data).toEqualTypeOf<Date>()
      c.send('at', c.data)
      // @ts-expect-error goes into the schema
      c.send('at', c.data.toISOString())
    },
  },
  requests: {
    count(c) {
      expectTypeOf(c.data).toEqualTypeOf<number>()
      return c.data
    },
  },
})

// @ts-expect-error a schema implements Standard Schema
contract({ messages: { echo: { type: 'string' } } })
// @ts-expect-error a request has an answer
contract({ requests: { say: { input: z.string() } } })
// @ts-expect-error no such part
contract({ replies: {} })

// @ts-expect-error a code is a string
void new SocketError(404)
void new SocketError('rate_limited', 'slow down', { retryAfterMs: 1000 })
expectTypeOf(observe((event) => void event.error)).toEqualTypeOf<() => void>()

// Methods need their object.
socket(contract({ events: { tick: z.number() } }), {
  // @ts-expect-error taken off it
  open: ({ send }) => send('tick', 1),
})
