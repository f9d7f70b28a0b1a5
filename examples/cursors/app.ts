import { rateLimit } from 'denwa/middleware'
import { Hono } from 'hono'
import { assets } from '../shared/assets.ts'
import { headers } from '../shared/headers.ts'
import { board } from './board.ts'
import { built } from './built.js'
import { boardPage } from './page.ts'

export const app = new Hono()
  .use(headers)
  .get('/', (c) => c.redirect(`/boards/lobby${new URL(c.req.url).search}`))
  .use('/boards/*', rateLimit({ messages: 120, windowMs: 2_000 }))
  // A browser's visit is a plain GET: it falls through the socket to the page.
  .get('/boards/:board{[a-z0-9-]{1,32}}', board, (c) => c.html(boardPage(c.req.param('board'))))
  .route('/', assets(built))
