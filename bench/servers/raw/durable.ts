import { handlers, subscribers } from '../by-hand.ts'
import type { Handle } from '../by-hand.ts'

interface State {
  acceptWebSocket(peer: WebSocket, tags: string[]): void
  getWebSockets(): WebSocket[]
  getTags(peer: WebSocket): string[]
}
interface Env {
  PEER: { getByName(name: string): { fetch(request: Request): Promise<Response> } }
}
declare const WebSocketPair: new () => { 0: WebSocket; 1: WebSocket }

const paths = handlers()

export class Peer {
  #state: State
  #handles: Map<WebSocket, Handle> = new Map()

  constructor(state: State) {
    this.#state = state
    for (const peer of state.getWebSockets()) this.#add(peer, state.getTags(peer)[0])
  }

  #add(peer: WebSocket, path = ''): void {
    const handle = paths[path]
    if (handle) this.#handles.set(peer, handle)
    if (path === '/subscribe') subscribers.add(peer)
  }

  fetch(request: Request): Response {
    const path = new URL(request.url).pathname
    const { 0: client, 1: peer } = new WebSocketPair()
    this.#state.acceptWebSocket(peer, [path])
    this.#add(peer, path)
    return new Response(null, { status: 101, webSocket: client } as ResponseInit)
  }

  webSocketMessage(peer: WebSocket, message: string): void {
    this.#handles.get(peer)?.(peer, message)
  }

  webSocketClose(peer: WebSocket): void {
    this.#handles.delete(peer)
    subscribers.delete(peer)
    peer.close()
  }
}

export default {
  fetch: (request: Request, env: Env): Promise<Response> =>
    env.PEER.getByName('bench').fetch(request),
}
