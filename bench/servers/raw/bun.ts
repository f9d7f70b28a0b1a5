import '../gc.ts'
import { handlers, subscribers } from '../by-hand.ts'
import type { Handle } from '../by-hand.ts'

interface Peer {
  data: { path: string; handle: Handle }
  send(text: string): number
  subscribe(topic: string): void
}
interface Server {
  port: number
  upgrade(request: Request, options: { data: Peer['data'] }): boolean
  publish(topic: string, text: string): number
}
declare const Bun: {
  env: Record<string, string | undefined>
  serve(options: {
    port: number
    hostname: string
    fetch(request: Request, server: Server): Response | undefined
    websocket: Record<string, (peer: Peer, message: string) => void>
  }): Server
}

const loop = Bun.env.FANOUT === 'loop'
const paths = handlers(loop ? undefined : (text) => void server.publish('feed', text))

const server = Bun.serve({
  port: Number(Bun.env.PORT ?? 0),
  hostname: '127.0.0.1',
  fetch(request, server) {
    const path = new URL(request.url).pathname
    const handle = paths[path]
    if (handle && server.upgrade(request, { data: { path, handle } })) return
    return new Response(null, { status: 426 })
  },
  websocket: {
    open(peer) {
      if (peer.data.path !== '/subscribe') return
      if (loop) subscribers.add(peer)
      else peer.subscribe('feed')
    },
    message: (peer, message) => peer.data.handle(peer, message),
    close: (peer) => void subscribers.delete(peer),
  },
})
console.log(`listening on http://127.0.0.1:${server.port}`)
