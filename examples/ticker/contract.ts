import { contract } from 'denwa'
import { z } from 'zod'

/** The number of the tick, whose time is that many steps of its rate, and the price. */
const Quote = z.tuple([z.int(), z.number()])

export const market = contract({
  requests: { time: { input: z.null(), output: z.number() } },
  channels: {
    // An event for each instrument: who reads too slowly gets the newest of each.
    'quotes/:rate': {
      events: { AUR: Quote, BOR: Quote, CIR: Quote, DUN: Quote, EMB: Quote },
      presence: z.null(),
      slow: 'latest',
    },
    // A publication each second, that nobody misses: prices of each instrument, 20 a second.
    tape: {
      events: { second: z.object({ at: z.number(), prices: z.array(z.array(z.number())) }) },
      history: { size: 300, maxAgeMs: 10 * 60_000 },
      presence: z.null(),
    },
  },
})
