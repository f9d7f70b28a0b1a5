import { Hono } from 'hono'
import { z } from 'zod'
import { contract } from '../../../../src/contract.ts'
import { observe } from '../../../../src/observe.ts'
import { socket } from '../../../../src/socket.ts'

const text = z.object({ text: z.string() })
const anything = z.unknown()
const said = { events: { said: text } }

const town = contract({
  requests: {
    say: { input: z.object({ channel: z.string(), text: z.string() }), output: anything },
    history: { input: anything, output: anything },
    revoke: { input: z.object({ name: z.string() }), output: anything },
    whoami: { input: anything, output: anything },
  },
  channels: {
    'log/:room': { ...said, history: { size: 500 } },
    'live/:room': said,
    'who/:room': { ...said, presence: z.object({ name: z.string() }) },
  },
})

const channelOf = (c: any, address: string): any => {
  const [kind, room] = address.split('/')
  return c.channel(`${kind}/:room`, { room })
}
const anybody = { join: () => true }

/** People, each in an object of their own, in rooms that are objects too. */
export const person = socket(town, {
  state: (c: any): any => ({ name: c.req.query('name') ?? '', user: c.req.param('user') }),
  requests: {
    whoami: (c: any) => c.state,
    say: (c: any) => channelOf(c, c.data.channel).publish('said', { text: c.data.text }),
    history: (c: any) => channelOf(c, c.data).history(),
    revoke: (c: any) => channelOf(c, 'log/revoked').revoke({ state: { name: c.data.name } }),
  },
  channels: {
    'log/:room': anybody,
    'live/:room': anybody,
    'who/:room': { ...anybody, presence: (c: any) => ({ name: c.state.name }) },
  },
})

const errors: string[] = []
observe(({ error }) => void errors.push(String(error)))

export const app = new Hono<any>()
  .get('/socket/:user', person)
  .post('/say/:kind/:room', async (c) => {
    const { kind, room } = c.req.param()
    await channelOf(person.in(c), `${kind}/${room}`).publish('said', { text: await c.req.text() })
    return c.body(null, 204)
  })
  .get('/history/:room', async (c) =>
    c.json(await channelOf(person.in(c), `log/${c.req.param('room')}`).history()),
  )
  .get('/members/:room', async (c) =>
    c.json(await channelOf(person.in(c), `who/${c.req.param('room')}`).presence.list()),
  )
  .post('/revoke/:room', async (c) =>
    c.json(
      await channelOf(person.in(c), `log/${c.req.param('room')}`).revoke({
        state: { name: await c.req.text() },
      }),
    ),
  )
  .get('/errors', (c) => c.json(errors))
  .onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))
