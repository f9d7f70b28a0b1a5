import process from 'node:process'
import { Hono } from 'hono'
import { z } from 'zod'
import { contract, socket } from '../../../src/index.ts'

const room = contract({ channels: { 'room/:room': { events: { said: z.string() } } } })

/** When each connection came. */
const came: number[] = []
export const listening = { since: 0 }

const at = socket(room, {
  open: () => void came.push(Date.now()),
  channels: { 'room/:room': { join: () => true } },
})

export const app = new Hono().get('/socket', at).get('/came', (c) => {
  const { user, system } = process.cpuUsage()
  const { since } = listening
  const cpuMs = Math.round((user + system) / 1000)
  return c.json({
    times: came.map((ms) => ms - since),
    cpuMs,
    residentBytes: process.memoryUsage.rss(),
  })
})
