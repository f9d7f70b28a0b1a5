import { getConnInfo } from 'hono/bun'
import { serve } from '../../../src/bun.ts'
import { createApp } from './app.ts'

const server = await serve(createApp(getConnInfo), { port: Number(process.env['PORT'] ?? 8787) })
console.log(`listening on ${server.url}`)
