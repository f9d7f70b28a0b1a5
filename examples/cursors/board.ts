import { socket } from 'denwa'
import type { Context } from 'hono'
import { cursors } from './contract.ts'
import { nameOf } from '../shared/names.ts'
import { Whereabouts } from './whereabouts.ts'

const whereabouts = new Whereabouts()

export const board = socket(cursors, {
  state: (c: Context<any, '/boards/:board'>) => ({
    board: c.req.param('board'),
    name: nameOf(c.req.query('name')),
    hue: Number(c.req.query('hue')) % 360 || 0,
  }),
  channels: {
    'board/:board': {
      join: (c, { board }) => board === c.state.board,
      presence: (c) => ({ id: c.id, name: c.state.name, hue: c.state.hue }),
    },
  },
  open: (c) => c.send('pointers', whereabouts.of(c.state.board)),
  close: (c) => whereabouts.leave(c.state.board, c.id),
  messages: {
    move(c) {
      const { board } = c.state
      const here = c.channel('board/:board', { board })
      whereabouts.move(board, c.id, c.data, (all) => void here.publish('pointers', all))
    },
    click(c) {
      const { board } = c.state
      return c.channel('board/:board', { board }).publish('clicked', { id: c.id, at: c.data })
    },
    async rename(c) {
      const { board, hue } = c.state
      const name = nameOf(c.data)
      const here = await c.join('board/:board', { board })
      await here.presence.track({ id: c.id, name, hue })
      c.setState({ name })
    },
  },
})
