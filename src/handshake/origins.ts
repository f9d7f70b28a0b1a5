import type { Context } from 'hono'

/** Decides on an origin that is present and canonical. */
export type OriginCheck = (origin: string, c: Context) => boolean | Promise<boolean>

export function isSameOrigin(origin: string, c: Context): boolean {
  const url = canonical(origin)
  if (!url || !/^https?:/.test(origin)) return false
  const host = c.req.raw.headers.get('host')?.toLowerCase()
  // The scheme in front of a proxy is unknown here: either default port may have been left out.
  return (url.port ? host : host?.replace(/:(80|443)$/, '')) === url.host
}

/** @throws {TypeError} if an entry is not an origin */
export function listed(allow: readonly string[]): OriginCheck {
  const exact = new Set<string>()
  const suffixes: { scheme: string; suffix: string }[] = []
  for (const entry of allow) {
    if (entry === 'self') continue
    const wildcard = /^([a-z][a-z0-9+.-]*:\/\/)\*(\.[^.].*)$/.exec(entry)
    const sample = wildcard ? `${wildcard[1]}x${wildcard[2]}` : entry
    const isOrigin =
      canonical(sample) ??
      (!wildcard && /^[a-z][a-z0-9+.-]*:\/\/[\w.-]+$/.test(sample) && !/^https?:/.test(sample))
    if (!isOrigin || sample.includes('*')) {
      throw new TypeError(
        `Cannot allow the origin "${entry}": write scheme, host and port as a browser does, ` +
          'such as https://chat.example or https://*.chat.example',
      )
    }
    if (wildcard && !/[^.]\.[^.]/.test(wildcard[2] as string)) {
      throw new TypeError(
        `Cannot allow the origin "${entry}": strangers have names there; write two labels or more, ` +
          'such as https://*.chat.example',
      )
    }
    if (wildcard) suffixes.push({ scheme: wildcard[1] as string, suffix: wildcard[2] as string })
    else exact.add(entry)
  }
  const self = allow.includes('self')
  return (origin, c) =>
    exact.has(origin) ||
    (self && isSameOrigin(origin, c)) ||
    (canonical(origin) !== undefined &&
      suffixes.some(({ scheme, suffix }) => isBelow(origin, scheme, suffix)))
}

/** One or more whole labels between scheme and suffix. */
function isBelow(origin: string, scheme: string, suffix: string): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false
  const labels = origin.slice(scheme.length, -suffix.length)
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(labels)
}

/** The parsed origin if it is spelled as browsers spell it: lower case, no default port, no path. */
export function canonical(origin: string): URL | undefined {
  const url = URL.parse(origin)
  return url?.origin === origin ? url : undefined
}
