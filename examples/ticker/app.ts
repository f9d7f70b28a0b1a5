import { Hono } from 'hono'
import { assets } from '../shared/assets.ts'
import { headers } from '../shared/headers.ts'
import { built } from './built.js'
import { tickerPage } from './page.ts'
import { ticker } from './ticker.ts'

export const app = new Hono()
  .use(headers)
  .get('/', (c) => c.html(tickerPage))
  .get('/ticker', ticker)
  .route('/', assets(built))
