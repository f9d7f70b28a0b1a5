import { contract, raw, socket } from 'denwa'
import type { Context } from 'hono'
import { z } from 'zod'

const Text = z.compile(z.object({ text: z.string() }))

export const bytes = raw({ message: (c, data) => c.send(data) })

const echoed = contract({ requests: { echo: { input: Text, output: Text } } })

export const echo = socket(echoed, { requests: { echo: (c) => c.data } })

const fed = contract({
  messages: { publish: Text },
  channels: { feed: { events: { tick: Text } } },
})

export const feed = socket(fed, {
  state: (c: Context) => ({ subscribes: c.req.path === '/subscribe' }),
  open: (c) => (c.state.subscribes ? c.join('feed', {}) : undefined),
  messages: { publish: (c) => c.channel('feed', {}).publish('tick', c.data) },
})
