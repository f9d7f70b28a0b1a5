import { instruments } from './exchange.ts'

/** What server and page agree on, beside the contract. */

/** Quotes a second, of all instruments together, that a reader may choose. */
export const rates = [10, 100, 1000, 5000] as const
export type Rate = (typeof rates)[number]

/** Between two ticks, each with a quote of every instrument, in milliseconds. */
export const stepOf = (rate: number): number => (1000 / rate) * instruments.length

/** Between two prices on the tape, in milliseconds. */
export const SAMPLE_MS = 50
/** How much of the past is on the tape, in seconds: a client may ask for 256 publications at once. */
export const TAPE_SECONDS = 256
