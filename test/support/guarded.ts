import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { contract } from '../../src/contract.ts'
import { type CredentialOptions, credential } from '../../src/handshake/credential.ts'
import { socket } from '../../src/socket.ts'
import { TestClock } from '../../src/testing/clock.ts'
import { type Peer, anything, peer } from './peer.ts'

export type User = { user: string; expiresInMs?: number }

/** `ann`, `ann.1000` for a life of a second; `bad` is nobody's, `broken` cannot be looked at. */
export function verify(token: string): User | null {
  const [user = '', expiresInMs] = token.split('.')
  if (user === 'broken') throw new Error('secret of the store')
  if (user === 'bad') return null
  return { user, ...(expiresInMs !== undefined && { expiresInMs: Number(expiresInMs) }) }
}

const chat = contract({
  messages: { note: anything },
  requests: { whoami: { input: anything, output: anything } },
  events: { noted: anything, opened: anything },
})

/** A room whose door is guarded, and what has happened in it. */
export interface Setup {
  readonly clock: TestClock
  readonly log: string[]
  /** A client who brings this token with the handshake, or none. */
  join(token?: string, options?: { arrays?: boolean }): Promise<Peer>
}

export function setup(options: Partial<CredentialOptions<User>> = {}, open?: () => unknown): Setup {
  const clock = new TestClock()
  const log: string[] = []
  const room = socket(chat, {
    state: (c: Context<any>) => {
      log.push('state')
      return { user: (c.get('user') as string | undefined) ?? 'nobody' }
    },
    open: async (c) => {
      log.push(`open ${(c.state as User).user}`)
      c.send('opened', c.state)
      await open?.()
    },
    close: (c, { code }) => void log.push(`close ${code} ${(c.state as User).user}`),
    messages: {
      note: (c) => {
        log.push(`note ${String(c.data)}`)
        c.send('noted', c.data)
      },
    },
    requests: { whoami: (c) => (c.state as User).user },
  })
  const policy = credential<User>({ verify, subject: ({ user }) => user, ...options })
  const app = new Hono<any>().use(policy as MiddlewareHandler).get('/', room)
  return {
    clock,
    log,
    join: (token, { arrays = false } = {}) =>
      peer(app, { clock, arrays, headers: token ? { authorization: `Bearer ${token}` } : {} }),
  }
}

/** A frame with a credential. */
export const auth = (token: unknown, id?: number): object => ({
  type: '$auth',
  token,
  ...(id !== undefined && { id }),
})
