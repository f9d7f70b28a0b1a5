import { upgradeWebSocket, websocket } from 'hono/bun'
import { createApp } from './app.ts'

declare const Bun: {
  env: Record<string, string | undefined>
  serve(options: unknown): { port: number; publish(topic: string, text: string): void }
}

const app = createApp(
  upgradeWebSocket,
  (peer) => peer.raw.subscribe('feed'),
  (text) => server.publish('feed', text),
)
const server = Bun.serve({
  fetch: app.fetch,
  websocket,
  port: Number(Bun.env.PORT ?? 0),
  hostname: '127.0.0.1',
})
console.log(`listening on http://127.0.0.1:${server.port}`)
