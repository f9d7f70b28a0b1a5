import { durableSocket, handler } from 'denwa/cloudflare'
import { app } from './app.ts'
import { room } from './room.ts'

/** One object a room, asleep while nobody speaks. */
export class ChatRoom extends durableSocket(room, (c) =>
  c.env.CHAT_ROOM.getByName(c.req.param('room')),
) {}
export default handler(app)
