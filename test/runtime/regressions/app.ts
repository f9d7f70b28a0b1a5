import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { contract, observe, raw, socket, SocketError } from '../../../src/index.ts'

type ConnInfo = (c: Context<any>) => { remote: { address?: string | undefined } }

const anything = { input: z.unknown(), output: z.unknown() }

const failing = socket(
  contract({ messages: { fail: z.unknown() }, requests: { fail: anything, bug: anything } }),
  {
    messages: { fail: async () => refuse() },
    requests: {
      fail: async () => refuse(),
      bug: async () => {
        throw new Error('a bug')
      },
    },
  },
)

async function refuse(): Promise<never> {
  await sleep(1)
  throw new SocketError('rate_limited', 'x', { retryAfterMs: 1000n as never })
}

/** The app of every runtime; `getConnInfo` is that of the runtime's adapter. */
export function createApp(getConnInfo: ConnInfo): Hono {
  const app = new Hono()
  const notes: string[] = []
  let live = 0
  observe(async () => {
    throw new Error('an observer that fails')
  })

  app.get('/health', (c) => c.text('ok'))
  app.get('/live', (c) => c.json(live))
  app.get('/notes', (c) => c.json(notes))
  app.get('/empty', (c) => c.body(null, 204))
  app.get('/address', (c) => c.text(String(getConnInfo(c).remote.address)))
  app.get('/stream', (c) =>
    streamSSE(c, async (stream) => {
      live++
      const gone = new Promise<void>((resolve) => stream.onAbort(() => resolve()))
      while (!stream.aborted) {
        await stream.writeSSE({ data: 'tick' })
        await Promise.race([gone, sleep(50)])
      }
      live--
    }),
  )
  app.get('/slow', async (c) => {
    await sleep(300)
    return c.text('slow')
  })

  app.get('/raw', raw({ message: (c, data) => c.send(data) }))
  app.use('/addressed', async (c, next) => {
    c.header('X-Address', String(getConnInfo(c).remote.address))
    await next()
  })
  app.get('/addressed', raw({}))
  app.get(
    '/order',
    raw({
      message(c) {
        notes.push('before')
        c.close()
        notes.push('after')
      },
      close: () => void notes.push('closed'),
    }),
  )
  app.get('/failing', failing)
  return app
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
