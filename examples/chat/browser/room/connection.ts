import { createClient } from 'denwa/client'
import type { ChatApp } from '../../app.ts'
import { tapped } from './wire.ts'

export type Connection = ReturnType<typeof enter>
export type Socket = Connection['socket']
export type Channel = Connection['channel']

/** The way to a room: it comes back after every cut, and with it all that was said meanwhile. */
export function enter(room: string, name: string) {
  const client = createClient<ChatApp>(location.origin, { WebSocket: tapped })
  const socket = client.chat[':room'].$ws({ param: { room }, query: { name } })
  const channel = socket.channel('room/:room', { room }, { last: 50 })
  return { socket, channel }
}
