import { type Channel, socket } from 'denwa'
import { market } from './contract.ts'
import { instruments, priceAt } from './exchange.ts'
import { SAMPLE_MS, TAPE_SECONDS, rates } from './market.ts'
import { whileWatched } from './watched.ts'

type Quotes = Channel<(typeof market.def.channels)['quotes/:rate']>
type Tape = Channel<(typeof market.def.channels)['tape']>

const BEAT_MS = 10

export const ticker = socket(market, {
  channels: {
    'quotes/:rate': {
      join(c, { rate }) {
        if (!rates.some((each) => `${each}` === rate)) return false
        const quotes = c.channel('quotes/:rate', { rate })
        const stepMs = (1000 / Number(rate)) * instruments.length
        whileWatched(`quotes/${rate}`, quotes, BEAT_MS, quoting(quotes, stepMs))
        return true
      },
      presence: () => null,
    },
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
  requests: { time: () => Date.now() },
})

/** Publishes the ticks that are due. */
function quoting(quotes: Quotes, stepMs: number): () => void {
  let done = Math.floor(Date.now() / stepMs)
  return () => {
    const due = Math.floor(Date.now() / stepMs)
    // After a pause not all of them.
    done = Math.max(done, due - Math.ceil(1000 / stepMs))
    while (done < due) {
      done++
      for (const [index, { symbol }] of instruments.entries()) {
        void quotes.publish(symbol, [done, priceAt(index, done * stepMs)])
      }
    }
  }
}

/** The second up to which the tape is printed. */
let printed: Promise<number> | undefined

function print(tape: Tape): Promise<number> {
  printed = (printed ?? lastOn(tape)).then(async (from) => {
    const now = Math.floor(Date.now() / 1000)
    for (let second = Math.max(from, now - TAPE_SECONDS); second < now; second++) {
      await tape.publish('second', { at: second * 1000, prices: pricesOf(second * 1000) })
    }
    return now
  })
  printed.catch(() => (printed = undefined))
  return printed
}

/** A Durable Object kept what was printed before. */
async function lastOn(tape: Tape): Promise<number> {
  const [last] = await tape.history(1)
  return last ? last.data.at / 1000 + 1 : 0
}

function pricesOf(from: number): number[][] {
  return instruments.map((_, index) =>
    Array.from({ length: 1000 / SAMPLE_MS }, (_, step) => priceAt(index, from + step * SAMPLE_MS)),
  )
}
