import { contract } from 'denwa'
import { z } from 'zod'

/** Names repeat; `by`, the connection's id, does not. */
const Person = z.object({ who: z.string(), by: z.string() })

export const Words = z.object({ text: z.string().trim().min(1).max(2000) })
export const Message = z.object({
  id: z.string(),
  from: z.string(),
  by: z.string(),
  text: z.string(),
  at: z.number(),
})

export const chat = contract({
  messages: { typing: z.boolean() },
  requests: { say: { input: Words, output: Message } },
  events: { welcome: z.object({ id: z.string(), name: z.string() }) },
  channels: {
    'room/:room': {
      events: {
        said: Message,
        typing: Person.extend({ on: z.boolean() }),
        joined: Person,
        left: Person,
      },
      // Who was cut off gets what it missed.
      history: { size: 200 },
    },
  },
})
