import process from 'node:process'
import { serve } from '../../../src/deno.ts'
import { app } from './app.ts'

const server = await serve(app, { port: Number(process.env['PORT'] ?? 8787) })
console.log(`listening on ${server.url}`)
