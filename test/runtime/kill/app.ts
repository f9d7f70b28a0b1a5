import { appendFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { sqliteBroker, sqliteKeys } from 'denwa/sqlite'
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

const shop = contract({
  requests: {
    pay: { input: z.object({ what: z.string(), ms: z.number() }), output: z.number() },
  },
})

const file = process.env['FILE'] as string
let payments = 0

/** Pays, which is written down before it takes the time that it is told to. */
async function pay({ data: { what, ms } }: { data: { what: string; ms: number } }) {
  appendFileSync(`${file}.paid`, `${what}\n`)
  if (ms > 0) await sleep(ms)
  return Date.now() * 1000 + ++payments
}

const forgetful = socket(shop, { requests: { pay } })
const careful = socket(shop, {
  keys: { store: sqliteKeys(`${file}.keys`) },
  requests: { pay },
})

/** What it has answered with 204 is kept. */
export const app: Hono = new Hono()
  .get('/socket', at)
  .get('/forgetful', forgetful)
  .get('/careful', careful)
  .post('/say', async (c) => {
    await at
      .in(c)
      .channel('log', {})
      .publish('said', await c.req.text())
    return c.body(null, 204)
  })
