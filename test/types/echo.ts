// The ten lines of the first screen, with nothing annotated.
import { contract, socket } from 'denwa'
import { Hono } from 'hono'
import { z } from 'zod'

const echo = contract({ messages: { echo: z.string() }, events: { echo: z.string() } })

export const app = new Hono().get(
  '/echo',
  socket(echo, { messages: { echo: (c) => c.send('echo', c.data) } }),
)
