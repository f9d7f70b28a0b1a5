// What a careful author writes by hand: parse, validate with zod, answer in the same wire shape.
import { z } from 'zod'

const Echo = z.object({
  type: z.literal('echo'),
  id: z.number(),
  data: z.object({ text: z.string() }),
})
const Publish = z.object({ type: z.literal('publish'), data: z.object({ text: z.string() }) })

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function reply(text: string): string {
  const frame = Echo.safeParse(parse(text))
  return frame.success
    ? JSON.stringify({ id: frame.data.id, data: { text: frame.data.data.text } })
    : '{"error":{"code":"invalid","message":"not an echo"}}'
}

/** The publication to send to every subscriber, or nothing for a bad frame. */
export function publication(text: string): string | undefined {
  const frame = Publish.safeParse(parse(text))
  return frame.success
    ? JSON.stringify({ channel: 'feed', type: 'tick', data: { text: frame.data.data.text } })
    : undefined
}

/** One set of handlers per path; `Peer` is whatever the runtime calls a socket. */
export interface Sink {
  send(text: string): unknown
}
export type Handle = (peer: Sink, text: string) => void

export const subscribers: Set<Sink> = new Set()

const publishTo =
  (publish: (text: string) => void): Handle =>
  (peer, text) => {
    const tick = publication(text)
    if (tick === undefined) peer.send('{"error":{"code":"invalid","message":"not a publish"}}')
    else publish(tick)
  }

const loop = (text: string): void => {
  for (const subscriber of subscribers) subscriber.send(text)
}

/** The message handler of a path; `publish` where the runtime has a native one. */
export function handlers(publish: (text: string) => void = loop): Record<string, Handle> {
  return {
    '/raw': (peer, text) => peer.send(text),
    '/typed': (peer, text) => peer.send(reply(text)),
    '/subscribe': () => {},
    '/publish': publishTo(publish),
  }
}
