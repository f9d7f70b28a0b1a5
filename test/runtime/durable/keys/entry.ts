import { Hono } from 'hono'
import { z } from 'zod'
import { durableSocket, handler } from '../../../../src/cloudflare.ts'
import { contract } from '../../../../src/contract.ts'
import { socket } from '../../../../src/socket.ts'

const shop = contract({
  requests: {
    pay: { input: z.object({ what: z.string(), ms: z.number() }), output: z.string() },
  },
})

/** What was paid, in all objects: the program outlives them. */
const paid: string[] = []

const room = socket(shop, {
  requests: {
    async pay({ data: { what, ms } }) {
      paid.push(what)
      await new Promise((resolve) => setTimeout(resolve, ms))
      return `receipt ${paid.length} for ${what}`
    },
  },
})

interface Stub {
  fetch(request: Request | string): Promise<Response>
}

const stubOf = (c: any, name: string): Stub => c.env.ROOM.getByName(name)

export class Room extends durableSocket(room, (c) => stubOf(c, c.req.param('room') ?? '')) {
  readonly #state: { abort(why: string): void }

  constructor(state: any, env: unknown) {
    super(state, env)
    this.#state = state
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).hostname !== 'test.invalid') return super.fetch(request)
    setTimeout(() => this.#state.abort('by the test'))
    return new Response(null, { status: 204 })
  }
}

export default handler(
  new Hono<any>()
    .get('/socket/:room', room)
    .get('/paid', (c) => c.json(paid))
    .post('/crash/:room', (c) => stubOf(c, c.req.param('room')).fetch('https://test.invalid/')),
)
