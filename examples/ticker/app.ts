import { rateLimit } from 'denwa/middleware'
import { Hono } from 'hono'
import { assets } from '../shared/assets.ts'
import { headers } from '../shared/headers.ts'
import { built } from './built.js'
import { tickerPage } from './page.ts'
import { ticker } from './ticker.ts'

export const app = new Hono()
  .use(headers)
  .get('/', (c) => c.html(tickerPage))
  // A reader of 5,000 quotes a second asks for more of them 60 times.
  .use('/ticker', rateLimit({ messages: 400, windowMs: 2_000 }))
  .get('/ticker', ticker)
  .route('/', assets(built))
