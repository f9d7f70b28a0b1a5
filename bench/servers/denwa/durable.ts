import { durableSocket, handler } from 'denwa/cloudflare'
import { app } from './app.ts'
import { bytes, echo, feed } from './sockets.ts'

export class Bytes extends durableSocket(bytes, (c) => c.env.BYTES.getByName('bench')) {}
export class Echo extends durableSocket(echo, (c) => c.env.ECHO.getByName('bench')) {}
export class Feed extends durableSocket(feed, (c) => c.env.FEED.getByName('bench')) {}
export default handler(app)
