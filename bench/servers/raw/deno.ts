import { handlers, subscribers } from '../by-hand.ts'

declare const Deno: {
  env: { get(name: string): string | undefined }
  upgradeWebSocket(request: Request): { socket: WebSocket; response: Response }
  serve(
    options: { port: number; hostname: string; onListen(address: { port: number }): void },
    handler: (request: Request) => Response,
  ): void
}

const paths = handlers()

Deno.serve(
  {
    port: Number(Deno.env.get('PORT') ?? 0),
    hostname: '127.0.0.1',
    onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
  },
  (request) => {
    const path = new URL(request.url).pathname
    const handle = paths[path]
    if (!handle) return new Response(null, { status: 426 })
    const { socket, response } = Deno.upgradeWebSocket(request)
    if (path === '/subscribe') {
      socket.onopen = () => subscribers.add(socket)
      socket.onclose = () => subscribers.delete(socket)
    }
    socket.onmessage = (event) => handle(socket, event.data as string)
    return response
  },
)
