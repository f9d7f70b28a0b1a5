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
  state: subscribes,
  open: (c) => (c.state.subscribes ? c.join('feed', {}) : undefined),
  messages: { publish: (c) => c.channel('feed', {}).publish('tick', c.data) },
})

const remembered = contract({
  messages: { publish: Text },
  channels: { feed: { events: { tick: Text }, history: { size: 100 } } },
})

export const kept = socket(remembered, {
  state: subscribes,
  open: (c) => (c.state.subscribes ? c.join('feed', {}) : undefined),
  messages: { publish: (c) => c.channel('feed', {}).publish('tick', c.data) },
  channels: { feed: { join: () => true } },
})

function subscribes(c: Context): { subscribes: boolean } {
  return { subscribes: c.req.path.startsWith('/subscribe') }
}
