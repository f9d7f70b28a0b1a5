import { durableSocket, handler } from 'denwa/cloudflare'
import { app } from './app.ts'
import { ticker } from './ticker.ts'

/** One object for all: enough for hundreds of readers at 100 a second, and for few at 5,000. */
export class Exchange extends durableSocket(ticker, (c) => c.env.EXCHANGE.getByName('main')) {}
export default handler(app)
