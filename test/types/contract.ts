import { contract } from 'denwa'
import { z } from 'zod'

export const Message = z.object({
  id: z.string(),
  from: z.string(),
  text: z.string(),
  at: z.number(),
})
export type Message = z.infer<typeof Message>

export const chat = contract({
  messages: { typing: z.boolean() },
  requests: {
    say: { input: z.object({ text: z.string().min(1).max(2000) }), output: Message },
    search: { input: z.object({ words: z.string() }), item: Message },
  },
  events: { welcome: z.object({ id: z.string() }) },
  channels: {
    'room/:room': {
      events: { said: Message, typing: z.object({ who: z.string(), on: z.boolean() }) },
    },
  },
})
