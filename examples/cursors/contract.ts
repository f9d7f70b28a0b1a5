import { contract } from 'denwa'
import { z } from 'zod'
import { SIDE } from './board-size.ts'

const Length = z.int().min(0).max(SIDE)
/** From the left and from the top. */
const Point = z.tuple([Length, Length])

/** As it is asked for. */
export const Name = z.string().max(100)

export const cursors = contract({
  messages: { move: Point, click: Point, rename: Name },
  events: { pointers: z.record(z.string(), Point) },
  channels: {
    'board/:board': {
      events: {
        // The whole board, by the ids of connections: who was too slow for some needs the newest alone.
        pointers: z.record(z.string(), Point),
        clicked: z.object({ id: z.string(), at: Point }),
      },
      presence: z.object({ id: z.string(), name: z.string(), hue: z.number() }),
      slow: 'latest',
    },
  },
})
