import { durableSocket, handler } from 'denwa/cloudflare'
import { app } from './app.ts'
import { board } from './board.ts'

/** One object a board, asleep while nobody moves. */
export class Board extends durableSocket(board, (c) =>
  c.env.BOARD.getByName(c.req.param('board')),
) {}
export default handler(app)
