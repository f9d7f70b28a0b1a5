import { serve, upgradeWebSocket } from '@hono/node-server'
import type { WebSocketServerLike } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { createApp } from './app.ts'

const sockets = new WebSocketServer({ noServer: true }) as unknown as WebSocketServerLike

serve(
  {
    fetch: createApp(upgradeWebSocket).fetch,
    port: Number(process.env.PORT ?? 0),
    hostname: '127.0.0.1',
    websocket: { server: sockets },
  },
  ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
)
