import { socket } from 'denwa'
import { market } from './contract.ts'
import { instruments, priceAt } from './exchange.ts'
import { stepOf } from './market.ts'
import { print } from './tape.ts'
import { whileWatched } from './watched.ts'

/** Least time between two looks at the clock. */
const BEAT_MS = 10
/** Who is further behind gets the newest. */
const LATE_MS = 100

export const ticker = socket(market, {
  // A page reads one stream, and few more while it changes to another.
  limits: { inFlight: 8 },
  channels: {
    tape: {
      async join(c) {
        const tape = c.channel('tape', {})
        // Who comes first finds it printed up to now.
        await print(tape)
        whileWatched('tape', tape, 1000, () => print(tape))
        return true
      },
      presence: () => null,
    },
  },
  requests: {
    time: () => Date.now(),
    async *quotes(c) {
      const stepMs = stepOf(c.data)
      for (let tick = Math.ceil(Date.now() / stepMs); !c.signal.aborted; tick++) {
        const early = tick * stepMs - Date.now()
        if (early > 0) await pause(Math.max(early, BEAT_MS))
        else if (early < -Math.max(LATE_MS, stepMs)) tick = Math.floor(Date.now() / stepMs)
        yield quotesOf(tick, stepMs)
      }
    },
  },
})

const quotesOf = (tick: number, stepMs: number): [tick: number, prices: number[]] => [
  tick,
  instruments.map((_, index) => priceAt(index, tick * stepMs)),
]

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
