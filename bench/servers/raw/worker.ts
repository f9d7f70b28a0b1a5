import { handlers } from '../by-hand.ts'

interface Peer extends WebSocket {
  accept(): void
}
declare const WebSocketPair: new () => { 0: WebSocket; 1: Peer }

const paths = handlers()

export default {
  fetch(request: Request): Response {
    const handle = paths[new URL(request.url).pathname]
    if (!handle) return new Response(null, { status: 426 })
    const { 0: client, 1: peer } = new WebSocketPair()
    peer.accept()
    peer.addEventListener('message', (event) => handle(peer, event.data as string))
    return new Response(null, { status: 101, webSocket: client } as ResponseInit)
  },
}
