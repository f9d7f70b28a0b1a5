import process from 'node:process'
import { serve } from 'denwa/bun'
import { build } from './app.ts'
import { kept } from './kept.ts'

const { app } = build(kept())
const server = await serve(app, { port: Number(process.env['PORT']) })
console.log(`listening on ${server.url}`)
