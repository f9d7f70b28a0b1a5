import { contract } from 'denwa'
import { z } from 'zod'

export const Words = z.object({
  text: z.string().trim().min(1).max(2000),
  /** Who chooses it knows its own words when they come back, and may say them again: they are shown once. */
  id: z.uuid().optional(),
})

export const Message = z.object({
  id: z.string(),
  from: z.string(),
  /** Names repeat; the connection's id does not. */
  by: z.string(),
  text: z.string(),
  at: z.number(),
})

export type Message = z.infer<typeof Message>

export const chat = contract({
  messages: { typing: z.boolean() },
  requests: { say: { input: Words, output: Message } },
  events: { welcome: z.object({ id: z.string(), name: z.string() }) },
  channels: {
    'room/:room': {
      events: { said: Message },
      // Who was cut off gets what it missed; who comes in, what was said before.
      history: { size: 200, maxAgeMs: 24 * 3_600_000 },
      presence: z.object({ name: z.string(), typing: z.boolean() }),
    },
  },
})
