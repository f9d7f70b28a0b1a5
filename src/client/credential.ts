import { BEARER_PREFIX } from '../protocol/subprotocol.ts'
import type { Offer } from './attempt.ts'
import type { Call } from './call.ts'
import { RequestError } from './errors.ts'

/**
 * Gives a credential: asked before every attempt, and when the server wants a new one. `renew`: the last one was
 * refused or ends soon, so to give it again is no use.
 */
export type GetCredential = (renew: boolean) => string | Promise<string>

/** A credential, and where it goes: made by {@linkcode bearer}, {@linkcode firstFrame} or {@linkcode inQuery}. */
export interface Credential {
  /** Puts it where the server looks for it. */
  offer(offer: Offer, renew: boolean): Promise<void>
  /** Gives the server a new one. */
  reauth(call: Call): Promise<void>
}

/**
 * A credential that goes with the offered subprotocols: neither in the address, where logs show it, nor later
 * than the handshake.
 *
 * @example
 * ```ts
 * import { bearer, connect } from 'denwa/client'
 *
 * export const enter = (token: () => Promise<string>) =>
 *   connect('wss://example.com/chat', { credential: bearer(token) })
 * ```
 */
export function bearer(get: GetCredential): Credential {
  return credential(get, (offer, token) => {
    const bytes = String.fromCharCode(...new TextEncoder().encode(token))
    const base64url = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    offer.protocols.push(BEARER_PREFIX + base64url)
  })
}

/** A credential that is the first thing said on the connection. */
export function firstFrame(get: GetCredential): Credential {
  return credential(get, (offer, token) => {
    offer.first = JSON.stringify({ type: '$auth', token })
  })
}

/** A credential that goes into the query by that name: for tickets that are good once. */
export function inQuery(name: string, get: GetCredential): Credential {
  return credential(get, (offer, token) => {
    const url = new URL(offer.url)
    url.searchParams.set(name, token)
    offer.url = url.href
  })
}

/** How long a server has no need of another one, in milliseconds. */
const FRESH_MS = 1000

function credential(get: GetCredential, put: (offer: Offer, token: string) => void): Credential {
  /** Those that are about to give a new one, or have just done so: a server may ask without end. */
  const busy = new WeakSet<Call>()
  return {
    async offer(offer, renew) {
      put(offer, await get(renew))
    },
    async reauth(call) {
      if (busy.has(call)) return
      busy.add(call)
      const { line } = call
      const failed = (error?: RequestError): void => error && call.emit('$error', error)
      try {
        const token = await get(true)
        // A connection that has come meanwhile has one of its own.
        if (line && call.line === line) call.requests.ask({ type: '$auth', token }, failed)
      } catch (error) {
        failed(new RequestError('unauthenticated', { message: `${error}` }))
      }
      call.io.timers.after(FRESH_MS, () => busy.delete(call))
    },
  }
}
