import process from 'node:process'
import { serve } from 'denwa/bun'
import { app } from './app.ts'

const server = await serve(app, { port: Number(process.env['PORT']) })
console.log(`listening on ${server.url}`)
