import { Hono } from 'hono'
import { z } from 'zod'
import { durableSocket, handler } from '../../../src/cloudflare.ts'
import { contract, socket } from '../../../src/index.ts'

const at = contract({
  requests: { wait: { input: z.object({ ms: z.number() }), output: z.string() } },
  events: { begun: z.null() },
  channels: { news: { events: { told: z.string() } } },
})

const room = socket(at, {
  open: async (c) => void (await c.join('news', {})),
  requests: {
    async wait(c) {
      c.send('begun', null)
      await new Promise((resolve) => setTimeout(resolve, c.data.ms))
      return 'done'
    },
  },
})

interface Stub {
  fetch(request: string): Promise<Response>
}
const stubOf = (c: any): Stub => c.env.ROOM.getByName(c.req.param('room'))

export class Room extends durableSocket(room, stubOf as never) {
  readonly #state: { getWebSockets(): unknown[] }

  constructor(state: never, env: unknown) {
    super(state, env)
    this.#state = state
  }

  override async fetch(request: Request): Promise<Response> {
    const { hostname, pathname, searchParams } = new URL(request.url)
    if (hostname !== 'test.invalid') return super.fetch(request)
    if (pathname === '/sockets') return Response.json(this.#state.getWebSockets().length)
    const drainMs = searchParams.get('ms')
    const since = Date.now()
    await this.drain(drainMs === null ? undefined : { drainMs: Number(drainMs) })
    return Response.json(Date.now() - since)
  }
}

const app = new Hono<any>()
  .get('/socket/:room', room)
  .post('/tell/:room', async (c) => {
    await room
      .in(c)
      .channel('news', {})
      .publish('told', await c.req.text())
    return c.body(null, 204)
  })
  .post('/drain/:room', (c) =>
    stubOf(c).fetch(`https://test.invalid/drain${new URL(c.req.url).search}`),
  )
  .get('/sockets/:room', (c) => stubOf(c).fetch('https://test.invalid/sockets'))

export default handler(app)
