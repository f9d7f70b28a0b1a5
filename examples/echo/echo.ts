import { contract, raw, socket } from 'denwa'
import { z } from 'zod'

const Text = z.object({ text: z.string() })

const said = contract({
  messages: { echo: Text },
  requests: { echo: { input: Text, output: Text } },
  events: { echo: Text },
})

export const echo = socket(said, {
  messages: { echo: (c) => c.send('echo', c.data) },
  requests: { echo: (c) => c.data },
})

export const bytes = raw({ message: (c, data) => c.send(data) })
