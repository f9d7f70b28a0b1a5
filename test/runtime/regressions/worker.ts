import { Hono } from 'hono'
import { z } from 'zod'
import { handler, type WorkerHandler } from '../../../src/cloudflare.ts'
import { contract, observe, socket } from '../../../src/index.ts'

const errors: string[] = []
observe(({ error, where }) => void errors.push(`${where}: ${error}`))

const rooms = socket(
  contract({
    requests: { enter: { input: z.string(), output: z.null() } },
    channels: { 'room/:room': { events: { said: z.string() } } },
  }),
  {
    requests: {
      async enter(c) {
        await c.join('room/:room', { room: c.data })
        return null
      },
    },
  },
)

const app = new Hono()
app.get('/health', (c) => c.text('ok'))
app.get('/errors', (c) => c.json(errors))
app.get('/rooms', rooms)

const worker: WorkerHandler = handler(app)
export default worker
