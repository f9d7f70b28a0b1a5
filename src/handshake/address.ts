import type { Context } from 'hono'
import { ON_CLOUDFLARE } from '../runtime/port.ts'

/** Where the runtimes' entries leave what they know of the client. */
interface Bindings {
  /** Node */
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
  /** Bun */
  readonly server?: { requestIP?(request: Request): { readonly address: string } | null }
  /** Deno */
  readonly remoteAddr?: { readonly hostname?: string }
}

/**
 * Who is there, as far as the network tells: the peer's address, or what Cloudflare says of it. Headers
 * of a proxy are not looked at, for anybody may write them.
 */
export function clientAddress(c: Context): string | undefined {
  // A binding of an application may have any name there.
  if (ON_CLOUDFLARE) return c.req.header('cf-connecting-ip')
  const { incoming, server, remoteAddr } = (c.env ?? {}) as Bindings
  return (
    incoming?.socket?.remoteAddress ??
    server?.requestIP?.(c.req.raw)?.address ??
    remoteAddr?.hostname
  )
}

/**
 * One name for an address however it is spelled, and for the /64 of IPv6 that one subscriber has. What is
 * no address is `unknown`.
 */
export function addressKey(address: string | undefined): string {
  const text = address?.trim() ?? ''
  return keyOf4(text) ?? keyOf6(text) ?? 'unknown'
}

/** With the port that some proxies add, or without; so below. */
function keyOf4(text: string): string | undefined {
  const bytes = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/.exec(text)?.[1]?.split('.').map(Number)
  return bytes?.every((byte) => byte < 256) ? bytes.join('.') : undefined
}

function keyOf6(text: string): string | undefined {
  const within = /^\[(.*)\](?::\d+)?$/s.exec(text)?.[1] ?? text
  const address = /^([\d:a-f.]+)(?:%.*)?$/is.exec(within)?.[1]
  const host = address?.includes(':') && URL.parse(`http://[${address}]`)?.hostname
  if (!host) return undefined
  const [head = '', tail] = host.slice(1, -1).split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':')
    groups.push(...Array<string>(8 - groups.length - rest.length).fill('0'), ...rest)
  }
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') {
    const bytes = groups
      .slice(6)
      .flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
    return bytes.join('.')
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}
