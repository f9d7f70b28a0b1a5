import '../gc.ts'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { handlers, subscribers } from '../by-hand.ts'

const paths = handlers()
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
const server = createServer((_request, response) => response.writeHead(426).end())

server.on('upgrade', (request, socket, head) => {
  const path = request.url ?? ''
  const handle = paths[path]
  if (!handle) return void socket.destroy()
  sockets.handleUpgrade(request, socket, head, (peer) => {
    if (path === '/subscribe') {
      subscribers.add(peer)
      peer.on('close', () => subscribers.delete(peer))
    }
    peer.on('message', (data) => handle(peer, data.toString()))
    peer.on('error', () => {})
  })
})
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
