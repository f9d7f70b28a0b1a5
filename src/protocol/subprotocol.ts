/** What typed sockets speak: the major version lives in the name. */
export const JSON_PROTOCOL = 'denwa.v1.json'

/** An offered entry with this prefix carries a credential: never chosen, never echoed. */
export const BEARER_PREFIX = 'denwa.bearer.'

// RFC 9110 sections 5.6.2 and 5.6.3: a token, between blanks and tabs
const ENTRY = /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*$/

/**
 * The entries of `Sec-WebSocket-Protocol`: RFC 6455 section 4.1 wants unique tokens.
 * `undefined` if the header breaks that grammar.
 */
export function parseProtocols(header: string): string[] | undefined {
  const seen = new Set<string>()
  for (const part of header.split(',')) {
    const name = ENTRY.exec(part)?.[1]
    if (name === undefined || seen.has(name)) return undefined
    seen.add(name)
  }
  return [...seen]
}

/** The first entry, in the client's order, that the endpoint knows. */
export function chooseProtocol(
  offered: readonly string[],
  known: readonly string[],
): string | undefined {
  return offered.find((name) => known.includes(name))
}
