import { BEARER_PREFIX, JSON_PROTOCOL } from '../protocol/subprotocol.ts'

/** Where a credential goes: with the offered subprotocols, first on the connection, or into the query by that name. */
export type CredentialPlace = 'subprotocol' | 'frame' | `query:${string}`

/** What to dial with, and what to say first. */
export interface Offer {
  readonly url: string
  readonly protocols: string[]
  readonly first?: string
}

export function offer(url: string, place: CredentialPlace = 'subprotocol', token?: string): Offer {
  const protocols = [JSON_PROTOCOL]
  if (token === undefined) return { url, protocols }
  if (place === 'frame') {
    return { url, protocols, first: JSON.stringify({ type: '$auth', token }) }
  }
  if (place === 'subprotocol') {
    protocols.push(BEARER_PREFIX + base64url(token))
    return { url, protocols }
  }
  const at = new URL(url)
  at.searchParams.set(place.slice(6), token)
  return { url: at.href, protocols }
}

function base64url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text))
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
