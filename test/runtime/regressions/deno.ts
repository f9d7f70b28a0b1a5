import process from 'node:process'
import { getConnInfo, upgradeWebSocket } from 'hono/deno'
import { serve } from '../../../src/deno.ts'
import { createApp } from './app.ts'

const app = createApp(getConnInfo)
app.get(
  '/sibling',
  upgradeWebSocket(() => ({ onMessage: (event, ws) => ws.send(`sibling ${event.data}`) })),
)

const server = await serve(app, { port: Number(process.env['PORT'] ?? 8787) })
console.log(`listening on ${server.url}`)
