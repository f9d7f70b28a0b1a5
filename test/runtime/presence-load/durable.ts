import { durableSocket, handler } from 'denwa/cloudflare'
import { app, at } from './app.ts'

export class Square extends durableSocket(at, (c) => c.env.SQUARE.getByName('square')) {}

export default handler(app)
