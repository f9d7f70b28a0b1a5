import { setTimeout as sleep } from 'node:timers/promises'
import { contract, socket } from 'denwa'
import { memoryKeys } from 'denwa/keys'
import { Hono } from 'hono'
import { z } from 'zod'

const till = contract({
  requests: {
    pay: {
      input: z.object({ cents: z.number(), ms: z.number().optional() }),
      output: z.object({ receipt: z.number() }),
    },
  },
})

/** How often each amount was paid. */
const paid = new Map<number, number>()

const endpoint = socket(till, {
  keys: { store: Object.assign(memoryKeys(), { name: 'k1' }) },
  requests: {
    async pay({ data: { cents, ms = 0 } }) {
      const receipt = (paid.get(cents) ?? 0) + 1
      paid.set(cents, receipt)
      await sleep(ms)
      return { receipt }
    },
  },
})

/** The endpoint that may be paid, with which the examples of PROTOCOL.md talk. */
export const payingApp = new Hono().get('/', endpoint)
