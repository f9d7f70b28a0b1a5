import process from 'node:process'
import { serve } from '../../../src/node.ts'
import { app, listening } from './app.ts'

const server = await serve(app, { port: Number(process.env['PORT']) })
listening.since = Date.now()
console.log(`listening on ${server.url}`)
process.on('SIGTERM', () => void server.close({ drainMs: 3000 }))
