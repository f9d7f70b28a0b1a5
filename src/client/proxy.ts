/** What to fill a path in with. */
export interface PathArgs {
  param?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string | readonly string[]>>
}

/** Names that lead to a path: `paths.chat[':room'].$ws(args)` opens `/chat/:room`. What a name gives is always the same. */
export function paths(open: (path: string, args: PathArgs) => unknown, path = ''): any {
  const get = (known: Record<string, unknown>, name: unknown): unknown => {
    if (name === '$ws') return (args: PathArgs = {}) => open(path, args)
    // Somebody may wait for it.
    if (typeof name !== 'string' || name === 'then') return undefined
    return (known[name] ??= paths(open, `${path}/${name}`))
  }
  return new Proxy(Object.create(null), { get })
}

/** Where a path is, below `base`. */
export function urlOf(base: string, path: string, { param = {}, query = {} }: PathArgs): URL {
  const filled = path
    .replace(/\/index$/, '/')
    .replaceAll(/\/:([^/{?]+)({[^/]+})?(\??)/g, (_, name: string, _of, isOptional: string) => {
      const value = Object.hasOwn(param, name) ? param[name]! : ''
      if (!value && isOptional) return ''
      // Dots have no encoding: a URL without them is that of another path.
      if (/^\.{0,2}$/.test(value)) throw new TypeError(`Cannot fill in :${name} with "${value}"`)
      return `/${encodeURIComponent(value)}`
    })
  const url = new URL(base.replace(/\/$/, '') + filled, globalThis.location?.href)
  // `localhost:8787` is an address too, to which nobody can connect.
  if (!/^(http|ws)/.test(url.href)) {
    throw new TypeError(`Cannot connect to ${url}: begin with http:// or https://`)
  }
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values].flat()) url.searchParams.append(name, value)
  }
  return url
}
