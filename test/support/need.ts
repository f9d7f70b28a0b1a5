import { isCi } from '../../tools/ci.ts'

/**
 * Something that a machine may not have, such as a browser. Where it is missing: one line and
 * `undefined`, for `skip(!found, 'why')` in a test; in CI an error.
 *
 * @throws {Error} if it is missing and this is CI
 */
export function need<T>(what: string, find: () => T | undefined): T | undefined {
  const found = find()
  if (found !== undefined) return found
  const missing = `Cannot test with ${what}: it is missing on this machine`
  if (isCi()) throw new Error(missing)
  process.stderr.write(`${missing}\n`)
  return undefined
}
