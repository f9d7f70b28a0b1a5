import { SocketError } from '../../../errors.ts'

/** In the text of everything thrown here: it must never leave the server. */
export const SECRET = 'secret-of-the-handler'

/** Fails in the way a test asks for; returns for a name it does not know. */
export function fail(how: string | undefined): unknown {
  switch (how) {
    case 'sync':
      throw new Error(SECRET)
    case 'async':
      return Promise.reject(new Error(SECRET))
    case 'later':
      return new Promise((_, reject) => setTimeout(reject, 20, new Error(SECRET)))
    case 'text':
      throw SECRET
    case 'undefined':
      throw undefined
    case 'null':
      return Promise.reject(null)
    case 'hostile':
      throw hostile()
    case 'hostile-later':
      return Promise.reject(hostile())
    case 'frozen':
      throw Object.freeze(new Error(SECRET))
    case 'prototype-less':
      throw Object.create(null)
    case 'refusal':
      throw new SocketError('conflict', 'already taken', { retryAfterMs: 1500, cause: SECRET })
    case 'async-refusal':
      return Promise.reject(new SocketError('not_found', 'no such thing'))
    case 'long-refusal':
      throw new SocketError('conflict', 'x'.repeat(100_000))
    case 'circular':
      return circular()
    case 'bigint':
      return 1n
    case 'hostile-json':
      return { toJSON: () => fail('sync') }
    default:
      return undefined
  }
}

export const FAILURES: readonly string[] = [
  'sync',
  'async',
  'later',
  'text',
  'undefined',
  'null',
  'hostile',
  'hostile-later',
  'frozen',
  'prototype-less',
]

/** Fails again when someone looks at it. */
function hostile(): object {
  const again = (): never => {
    throw new Error(SECRET)
  }
  return new Proxy({}, { get: again, has: again, getPrototypeOf: again, ownKeys: again })
}

function circular(): object {
  const value: Record<string, unknown> = {}
  value['self'] = value
  return value
}
