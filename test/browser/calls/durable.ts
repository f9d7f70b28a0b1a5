import { durableSocket, handler, type WorkerHandler } from 'denwa/cloudflare'
import { build } from './app.ts'

const { app, room, echo } = build()

export class Room extends durableSocket(room, (c) => c.env.ROOM.getByName(c.req.param('room'))) {}
export class Echo extends durableSocket(echo, (c) => c.env.ECHO.getByName('echo')) {}

const worker: WorkerHandler = handler(app)
export default worker
