import type { Scope } from '../../../src/testing/conformance/scope.ts'
import type { RuntimeName } from '../../../tools/launch.ts'

/** One row of the table: a question to a live server, and the answer that it gives on every runtime. */
export interface Row {
  readonly probe: string
  readonly ours: string
  ask(it: Scope): Promise<string>
  /** The answer of runtimes that cannot give ours, and why. */
  readonly documented?: { runtimes: readonly RuntimeName[]; answer: string; because: string }
}

const plain = {
  upgrade: undefined,
  connection: undefined,
  'sec-websocket-version': undefined,
  'sec-websocket-key': undefined,
}
const BEARER = 'denwa.bearer.dG9r'

export const rows: readonly Row[] = [
  {
    probe: 'plain GET, a page on the route',
    ours: '200 the page',
    ask: async (it) => {
      const page = await it.handshake(`/page/${it.room}`, { headers: plain })
      return `${page.status} ${page.body.includes('a page') ? 'the page' : 'something else'}`
    },
  },
  {
    probe: 'plain GET, no page',
    ours: '426 websocket, Upgrade, 13',
    ask: async (it) => {
      const { status, header } = await it.handshake(`/socket/${it.room}`, { headers: plain })
      const names = ['upgrade', 'connection', 'sec-websocket-version']
      return `${status} ${names.map(header).filter(Boolean).join(', ')}`
    },
    documented: {
      runtimes: ['worker', 'durable'],
      answer: '426 13',
      because: 'workerd drops Upgrade and Connection from every response',
    },
  },
  {
    probe: '`Upgrade: WebSocket`',
    ours: '101',
    ask: (it) => status(it, { upgrade: 'WebSocket' }),
  },
  {
    probe: 'version 12 / missing',
    ours: '426 13 / 426 13',
    ask: async (it) => {
      const version = async (value?: string): Promise<string> => {
        const headers = { 'sec-websocket-version': value }
        const answer = await it.handshake('/raw', { headers })
        return `${answer.status} ${answer.header('sec-websocket-version')}`
      }
      return `${await version('12')} / ${await version()}`
    },
  },
  {
    probe: 'key missing / malformed',
    ours: '400 / 400',
    ask: async (it) =>
      `${await status(it, { 'sec-websocket-key': undefined })} / ${await status(it, { 'sec-websocket-key': 'short' })}`,
  },
  {
    probe: 'POST with upgrade headers',
    ours: '405 GET',
    ask: async (it) => {
      const answer = await it.handshake('/raw', { method: 'POST' })
      return `${answer.status} ${answer.header('allow')}`
    },
  },
  {
    probe: 'foreign Origin',
    ours: '403',
    ask: (it) => status(it, { origin: 'https://evil.example' }),
  },
  {
    probe: 'offers `chat.v1` and a bearer',
    ours: 'chat.v1',
    ask: async (it) => {
      const answer = await it.handshake('/raw-protocol', { protocols: ['chat.v1', BEARER] })
      return answer.header('sec-websocket-protocol') ?? 'none'
    },
  },
  {
    probe: '401 with a body from middleware',
    ours: '401 whole',
    ask: async (it) => {
      const answer = await it.handshake(`/refuse/${it.room}`)
      return `${answer.status} ${answer.body.length > 500 ? 'whole' : `${answer.body.length} bytes`}`
    },
  },
  {
    probe: 'late 401, after `next()`',
    ours: '401',
    ask: async (it) => `${(await it.handshake(`/late/replace/${it.room}`)).status}`,
  },
  {
    probe: 'header set before, after `next()`',
    ours: 'before, after',
    ask: async (it) => {
      const answer = await it.handshake(`/stack/${it.room}`)
      return `${answer.header('x-before')}, ${answer.header('x-after')}`
    },
  },
  {
    probe: '`open` called',
    ours: 'yes',
    ask: async (it) => {
      await it.open()
      return yes((await it.trace((notes) => notes.includes('opened'))).includes('opened'))
    },
  },
  {
    probe: 'same connection object in every event',
    ours: 'yes',
    ask: async (it) => yes((await tell(it, '/raw-identity', 'x')) === 'true'),
  },
  {
    probe: 'binary arrives as',
    ours: 'Uint8Array',
    ask: (it) => tell(it, '/raw-types', Uint8Array.of(1)),
  },
  {
    probe: 'exception in a handler',
    ours: 'internal, lives, observed',
    ask: async (it) => {
      const before = (await it.trace(undefined, 0, 'observed')).length
      const socket = await it.open()
      socket.message('fail', { how: 'later' })
      const { error } = await socket.next()
      await it.alive()
      const after = (await it.trace(undefined, 0, 'observed')).length
      return `${error.code}, lives, ${after > before ? 'observed' : 'unobserved'}`
    },
  },
  {
    probe: 'first frames while `open` awaits',
    ours: 'kept, in order',
    ask: async (it) => {
      const socket = await it.open(`/socket/${it.room}?openMs=100`)
      for (const n of [1, 2, 3]) socket.message('mark', { n })
      const frames = await socket.take(4)
      const seen = frames.map((frame) => frame.data.n ?? frame.type).join()
      return seen === 'opened,1,2,3' ? 'kept, in order' : seen
    },
  },
]

async function status(it: Scope, headers: Record<string, string | undefined>): Promise<string> {
  return `${(await it.handshake('/raw', { headers })).status}`
}

async function tell(it: Scope, path: string, data: string | Uint8Array): Promise<string> {
  const link = await it.link(path)
  link.send(data)
  return `${await link.message(2_000)}`
}

function yes(holds: boolean): string {
  return holds ? 'yes' : 'no'
}
