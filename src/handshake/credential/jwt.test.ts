import { Hono, type MiddlewareHandler } from 'hono'
import { sign, verify } from 'hono/jwt'
import { describe, expect, test } from 'vitest'
import { contract } from '../../contract.ts'
import { socket } from '../../socket.ts'
import { connect } from '../../testing/connect.ts'
import { anything } from '../../../test/support/peer.ts'
import { credential } from '../credential.ts'

const env = { JWT_SECRET: 'a secret of the server' }
const rules = { alg: 'HS256', iss: 'https://login.example', aud: 'chat', exp: false } as const

/** As the documentation has it. */
const signedIn = credential({
  async verify(token, { env }) {
    const claims = await verify(token, env.JWT_SECRET, rules).catch(() => null)
    if (!claims) return null
    return { user: String(claims['sub']), expiresInMs: (claims.exp ?? 0) * 1000 - Date.now() }
  },
  subject: ({ user }) => user,
})

const chat = contract({ requests: { whoami: { input: anything, output: anything } } })
const app = new Hono<any>().use(signedIn as MiddlewareHandler).get(
  '/',
  socket(chat, {
    state: (c) => ({ user: (c as any).get('user') as string }),
    requests: { whoami: (c) => c.state.user },
  }),
)

const inMs = (ms: number): number => Math.floor((Date.now() + ms) / 1000)
const { iss, aud } = rules
const claims = { iss, aud, sub: 'ann', exp: inMs(60_000) }

async function bring(token: string) {
  return connect(app, '/', { env, headers: { authorization: `Bearer ${token}` } })
}

/** A token of which somebody has written every part. */
function forged(header: object, payload: object, signature = ''): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${encode(header)}.${encode(payload)}.${signature}`
}

describe('a JSON Web Token, verified by hono/jwt', async () => {
  test('that is right admits', async () => {
    const ann = await bring(await sign(claims, env.JWT_SECRET, 'HS256'))
    ann.send({ type: 'whoami', id: 1 })
    expect(await ann.next()).toEqual({ id: 1, data: 'ann' })
  })

  const good = await sign(claims, env.JWT_SECRET, 'HS256')
  const [header, payload, signature] = good.split('.') as [string, string, string]
  const wrong: Record<string, string> = {
    'another algorithm': await sign(claims, env.JWT_SECRET, 'HS512'),
    'no algorithm': forged({ alg: 'none', typ: 'JWT' }, claims),
    'no algorithm, and the signature of another': forged({ alg: 'none' }, claims, signature),
    'an algorithm that lies': forged({ alg: 'HS512', typ: 'JWT' }, claims, signature),
    'another key': await sign(claims, 'another secret', 'HS256'),
    'an empty key': await sign(claims, ' ', 'HS256'),
    'another audience': await sign({ ...claims, aud: 'mail' }, env.JWT_SECRET, 'HS256'),
    'no audience': await sign({ iss, sub: 'ann' }, env.JWT_SECRET, 'HS256'),
    'another issuer': await sign({ ...claims, iss: 'https://x.example' }, env.JWT_SECRET, 'HS256'),
    'no issuer': await sign({ aud, sub: 'ann' }, env.JWT_SECRET, 'HS256'),
    'a time that has not begun': await sign({ ...claims, nbf: inMs(60_000) }, env.JWT_SECRET),
    'other claims than were signed': `${header}.${forged({}, { ...claims, sub: 'bob' }).split('.')[1]}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'no parts': 'ann',
  }
  for (const [name, token] of Object.entries(wrong)) {
    test(`with ${name} is 401`, async () => {
      const { response } = await bring(token)
      expect([response.status, await response.text()]).toEqual([
        401,
        'The credential is not valid\n',
      ])
    })
  }

  test('that has expired is told apart', async () => {
    const old = { ...claims, exp: inMs(-1000) }
    for (const each of [old, { iss, aud, sub: 'ann' }]) {
      const { response } = await bring(await sign(each, env.JWT_SECRET, 'HS256'))
      expect([response.status, await response.text()]).toEqual([
        401,
        'The credential has expired\n',
      ])
    }
  })
})
