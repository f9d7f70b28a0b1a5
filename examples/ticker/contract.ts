import { contract } from 'denwa'
import { z } from 'zod'
import { rates } from './market.ts'

/** The number of the tick, whose time is that many steps of its rate, and the price of each instrument. */
const Tick = z.tuple([z.int(), z.array(z.number())])

/** From when on, and the prices of each instrument, 20 a second. */
const Second = z.object({ at: z.number(), prices: z.array(z.array(z.number())) })

export const market = contract({
  requests: {
    // A stream waits for its reader: who is slow gets the newest, and no backlog.
    quotes: { input: z.literal(rates), item: Tick },
    time: { input: z.null(), output: z.number() },
  },
  channels: {
    // Nobody misses a publication: it is told to whoever comes, or comes back.
    tape: {
      events: { second: Second },
      history: { size: 300, maxAgeMs: 10 * 60_000 },
      presence: z.null(),
    },
  },
})
