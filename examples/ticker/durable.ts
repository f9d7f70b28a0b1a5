import { durableSocket, handler } from 'denwa/cloudflare'
import { app } from './app.ts'
import { ticker } from './ticker.ts'

/** One object for all: what it publishes at 5,000 a second is for dozens of readers, not for thousands. */
export class Exchange extends durableSocket(ticker, (c) => c.env.EXCHANGE.getByName('main')) {}
export default handler(app)
