import { contract, socket } from 'denwa'
import { Hono } from 'hono'
import { z } from 'zod'

const square = contract({
  channels: { square: { events: {}, presence: z.object({ name: z.string() }) } },
})

export const at = socket(square, {
  state: (c: any) => ({ name: c.req.query('name') as string }),
  channels: { square: { join: () => true, presence: (c) => ({ name: c.state.name }) } },
})

export const app: Hono<any> = new Hono<any>().get('/square', at)
