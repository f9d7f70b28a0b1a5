import { upgradeWebSocket } from 'hono/deno'
import { createApp } from './app.ts'

declare const Deno: {
  env: { get(name: string): string | undefined }
  serve(options: object, handler: (request: Request) => Response | Promise<Response>): void
}

Deno.serve(
  {
    port: Number(Deno.env.get('PORT') ?? 0),
    hostname: '127.0.0.1',
    onListen: ({ port }: { port: number }) => console.log(`listening on http://127.0.0.1:${port}`),
  },
  createApp(upgradeWebSocket).fetch,
)
