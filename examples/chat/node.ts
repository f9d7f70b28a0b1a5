import { serve } from 'denwa/node'
import { endOnSignal } from '../end-on-signal.ts'
import { keptIn } from '../shared/kept.ts'
import { chatApp } from './app.ts'
import { chatRoom } from './room.ts'

const room = chatRoom(keptIn('chat.db'))
const server = await serve(chatApp(room), { port: Number(process.env.PORT ?? 8787) })
console.log(`listening on ${server.url}`)
endOnSignal(server)
