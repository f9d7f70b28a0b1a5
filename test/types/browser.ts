// What reaches the browser through `typeof app`.
import { createClient } from 'denwa/client'
import { hc } from 'hono/client'
import { expectTypeOf } from 'vitest'
import type { App } from './app.ts'
import type { Message } from './contract.ts'

declare const render: (x: unknown) => void

const client = createClient<App>('https://chat.example')
const socket = client.chat[':room'].$ws({ param: { room: 'lobby' } })

const lobby = socket.channel('room/:room', { room: 'lobby' })
lobby.on('said', (message) => expectTypeOf(message).toEqualTypeOf<Message>())
socket.on('welcome', ({ id }) => render(id))
socket.send('typing', true)
const sent = await socket.request('say', { text: 'hello' }, { timeoutMs: 5_000 })
expectTypeOf(sent).toEqualTypeOf<Message>()
for await (const hit of socket.request('search', { words: 'hello' })) {
  expectTypeOf(hit).toEqualTypeOf<Message>()
}

// What a validator in front of the socket wants, the client has to bring.
client.lobby.$ws({ query: { as: 'Ann' } })
// @ts-expect-error the query is missing
client.lobby.$ws({})

// @ts-expect-error not in the contract
socket.send('shout', 'x')
// @ts-expect-error wrong payload
socket.send('typing', 'yes')
// @ts-expect-error wrong input
void socket.request('say', { txt: 1 })
// @ts-expect-error a request is no message
socket.send('say', { text: 'hello' })
// @ts-expect-error no such event
socket.on('said', render)
// @ts-expect-error no such channel parameter
socket.channel('room/:room', { id: 'lobby' })
// @ts-expect-error no such channel
socket.channel('rooms/:room', { room: 'lobby' })
// @ts-expect-error no such event on the channel
lobby.on('shouted', render)
// @ts-expect-error the parameter of the path is missing
client.chat[':room'].$ws({})
// @ts-expect-error no such path
void client.nope
// @ts-expect-error not a socket
void client.health.$ws

// `hc` works beside it.
const http = hc<App>('https://chat.example')
const announced = await http.chat[':room'].announce.$post({ param: { room: 'lobby' } })
expectTypeOf(await announced.json()).toEqualTypeOf<{ ok: true }>()
expectTypeOf(await (await http.health.$get()).text()).toEqualTypeOf<'ok'>()
expectTypeOf(http.chat[':room'].$url({ param: { room: 'lobby' } }).href).toEqualTypeOf<string>()
// @ts-expect-error no such path
void http.nope.$get

const { request, on } = socket
// @ts-expect-error methods need their object
void request('say', { text: 'hi' })
on('welcome', () => {})
