import type { Context } from 'hono'
import { BEARER_PREFIX } from '../../protocol/subprotocol.ts'
import { offeredProtocols } from '../request.ts'

/** Where a credential may be. */
export type Source = 'subprotocol' | 'header' | 'frame' | `cookie:${string}`

export function isSource(name: unknown): boolean {
  return /^(subprotocol|header|frame|cookie:[^\s=;,]+)$/.test(String(name))
}

/** The first credential that a handshake brings. */
export function find(c: Context, sources: readonly Source[]): string | undefined {
  for (const source of sources) {
    const found = at(c.req.raw.headers, source)
    // An empty one is none.
    if (found) return found
  }
  return undefined
}

function at(headers: Headers, source: Source): string | undefined {
  if (source === 'subprotocol') {
    const offered = offeredProtocols(headers)?.find((name) => name.startsWith(BEARER_PREFIX))
    return offered && decode(offered.slice(BEARER_PREFIX.length))
  }
  if (source === 'header') {
    // RFC 6750 section 2.1; the scheme in any case (RFC 9110 section 11.1)
    return /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(headers.get('authorization') ?? '')?.[1]
  }
  if (source.startsWith('cookie:')) return cookie(headers.get('cookie') ?? '', source.slice(7))
  return undefined
}

/** base64url of UTF-8; what is none is no credential. */
function decode(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    )
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** RFC 6265 section 4.2: the first of that name; escaped as Hono writes them. */
function cookie(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) {
      return unescaped(pair.slice(equals + 1).trim())
    }
  }
  return undefined
}

function unescaped(value: string): string {
  const text = /^"(.*)"$/.exec(value)?.[1] ?? value
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
