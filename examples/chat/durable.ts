import { durableSocket, handler } from 'denwa/cloudflare'
import { chatApp } from './app.ts'
import { chatRoom } from './room.ts'

const room = chatRoom()

/** One object a room, asleep while nobody speaks. */
export class ChatRoom extends durableSocket(room, (c) =>
  c.env.CHAT_ROOM.getByName(c.req.param('room')),
) {}
export default handler(chatApp(room))
