import { serve } from '../../../src/node.ts'
import { observedApp } from './app.ts'

const server = await serve(observedApp(), { port: Number(process.env['PORT'] ?? 8787) })
console.log(`listening on ${server.url}`)
