import process from 'node:process'
import { sqliteBroker } from 'denwa/sqlite'
import { contract, socket } from 'denwa'
import { Hono } from 'hono'
import { z } from 'zod'

const log = contract({
  channels: { log: { events: { said: z.string() }, history: { size: 10_000 } } },
})

const at = socket(log, {
  broker: sqliteBroker(process.env['FILE'] as string),
  channels: { log: { join: () => true } },
})

/** What it has answered with 204 is kept. */
export const app: Hono = new Hono().get('/socket', at).post('/say', async (c) => {
  await at
    .in(c)
    .channel('log', {})
    .publish('said', await c.req.text())
  return c.body(null, 204)
})
