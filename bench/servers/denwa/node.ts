import '../gc.ts'
import { serve } from 'denwa/node'
import { app } from './app.ts'

const server = await serve(app, { port: Number(process.env.PORT ?? 0) })
console.log(`listening on ${server.url}`)
