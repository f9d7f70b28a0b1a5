// One line at the edge; the app never changes.
import { handler as bunHandler, serve as serveBun } from 'denwa/bun'
import { durableSocket, handler as workerHandler } from 'denwa/cloudflare'
import { handler as denoHandler, serve as serveDeno } from 'denwa/deno'
import { serve as serveNode, upgradeListener } from 'denwa/node'
import { createServer } from 'node:http'
import { expectTypeOf } from 'vitest'
import { app } from './app.ts'
import { room } from './room.ts'

export const node = await serveNode(app, { port: 3000, maxMessageBytes: 64 * 1024, env: { A: 1 } })
export const ownServer = createServer().on('upgrade', upgradeListener(app))
export const bun = bunHandler(app, { port: 3000 })
export const deno = denoHandler(app)
export const worker = workerHandler(app)
export class ChatRoom extends durableSocket(room, (c) =>
  c.env.ROOM.getByName(c.req.param('room')),
) {}
export default app

expectTypeOf(node.url).toEqualTypeOf<string>()
expectTypeOf(await serveBun(app)).toEqualTypeOf(node)
expectTypeOf(await serveDeno(app)).toEqualTypeOf(node)
expectTypeOf(deno).returns.resolves.toEqualTypeOf<Response>()
await node.close()

// @ts-expect-error a duration and a size say their unit
await serveNode(app, { maxMessage: 1024 })
// @ts-expect-error a port is a number
await serveNode(app, { port: '3000' })
// @ts-expect-error not an app
await serveNode(room)
// @ts-expect-error a Worker has no port
workerHandler(app, { port: 3000 })
// @ts-expect-error where to find the object
durableSocket(room)
