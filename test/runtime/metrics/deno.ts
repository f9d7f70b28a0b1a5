import process from 'node:process'
import { serve } from '../../../src/deno.ts'
import { observedApp } from './app.ts'

const server = await serve(observedApp(), { port: Number(process.env['PORT'] ?? 8787) })
console.log(`listening on ${server.url}`)
