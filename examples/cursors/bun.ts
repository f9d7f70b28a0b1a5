import { serve } from 'denwa/bun'
import { endOnSignal } from '../end-on-signal.ts'
import { app } from './app.ts'

const server = await serve(app, { port: Number(process.env.PORT ?? 8787) })
console.log(`listening on ${server.url}`)
endOnSignal(server)
