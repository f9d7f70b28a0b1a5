import { getConnInfo } from '@hono/node-server/conninfo'
import { serve } from '../../../src/node.ts'
import { createApp } from './app.ts'

const server = await serve(createApp(getConnInfo), { port: Number(process.env['PORT'] ?? 8787) })
console.log(`listening on ${server.url}`)
