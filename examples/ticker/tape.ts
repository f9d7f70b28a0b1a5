import type { Channel } from 'denwa'
import type { market } from './contract.ts'
import { instruments, priceAt } from './exchange.ts'
import { SAMPLE_MS, TAPE_SECONDS } from './market.ts'

type Tape = Channel<(typeof market.def.channels)['tape']>

/** The second up to which it is printed. */
let printed: Promise<number> | undefined

/** Publishes all seconds that have passed, as far as they are wanted. */
export function print(tape: Tape): Promise<number> {
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
