import { Hono } from 'hono'
import type { UpgradeWebSocket, WSContext } from 'hono/ws'
import { handlers, subscribers } from '../by-hand.ts'

/** The same server on Hono's own helper; `subscribe` and `publish` where the runtime has native topics. */
export function createApp(
  upgradeWebSocket: UpgradeWebSocket<any, any>,
  subscribe: (peer: WSContext<any>) => void = (peer) => subscribers.add(peer),
  publish?: (text: string) => void,
): Hono {
  const app = new Hono()
  for (const [path, handle] of Object.entries(handlers(publish))) {
    app.get(
      path,
      upgradeWebSocket(() => ({
        onMessage: (event, peer) => handle(peer, event.data as string),
        ...(path === '/subscribe' && {
          onOpen: (_event, peer) => subscribe(peer),
          onClose: (_event, peer) => subscribers.delete(peer),
        }),
      })),
    )
  }
  return app
}
