/**
 * The address of a channel for these parameters, percent-encoded as the server spells it.
 *
 * @throws {TypeError} if a parameter is missing
 */
export function address(name: string, params: Readonly<Record<string, string>>): string {
  return name.replaceAll(/:([^/]+)/g, (_, key: string) =>
    encodeURIComponent(params[key]!.normalize()).replaceAll(
      /[.!~*'()]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  )
}
