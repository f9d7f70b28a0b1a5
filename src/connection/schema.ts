import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Schema } from '../contract.ts'
import { isThenable } from './compose.ts'
import { type Issue, MAX_ISSUES } from '../protocol/frame.ts'

/** What a schema says of a value that it refuses. */
export class Failed {
  readonly issues: readonly SchemaIssue[]

  constructor(issues: readonly SchemaIssue[]) {
    this.issues = issues
  }
}

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * Checks a value: what the schema makes of it, or `Failed`. A promise of either only where the schema
 * is asynchronous.
 */
export type Check = (value: unknown) => unknown

/** Takes anything for what it is. */
export const asIs: Check = (value) => value

export function checkOf(schema: Schema): Check {
  // Once: some libraries make a new object at each access.
  const standard = schema['~standard']
  const compiled = compiledByZod(schema)
  if (compiled) return compiled
  return (value) => {
    try {
      const result = standard.validate(value)
      return isThenable(result) ? Promise.resolve(result).then(outcome) : outcome(result)
    } catch (error) {
      // Too deep a value overflows a recursive schema's stack: the value is at fault, not the schema.
      if (error instanceof RangeError) return new Failed([{ message: 'too deep' }])
      throw error
    }
  }
}

function outcome(result: StandardSchemaV1.Result<unknown>): unknown {
  return result.issues ? new Failed(result.issues) : result.value
}

interface ZodResult {
  readonly success: boolean
  readonly data?: unknown
  readonly error?: Failed
}

/**
 * The validator that `z.compile` (zod 4.6) has generated, which its `~standard` calls only by way of
 * four objects: 6 ns instead of 20. A compiled schema is synchronous and does not need its `this`.
 */
function compiledByZod(schema: Schema): Check | undefined {
  const zod = schema as Schema & {
    _zod?: { bag?: { validator?: unknown } }
    safeParse?: (value: unknown) => ZodResult
  }
  const { safeParse } = zod
  if (zod['~standard'].vendor !== 'zod' || zod._zod?.bag?.validator === undefined) return undefined
  if (typeof safeParse !== 'function') return undefined
  return (value) => {
    const result = safeParse(value)
    return result.success ? result.data : new Failed((result.error as Failed).issues)
  }
}

export function wireIssues(failed: Failed): Issue[] {
  const issues: Issue[] = []
  for (const { message, path } of failed.issues) {
    issues.push({ path: Array.from(path ?? [], wireKey), message: String(message).slice(0, 200) })
    if (issues.length === MAX_ISSUES) break
  }
  return issues
}

function wireKey(segment: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof segment === 'object' ? segment.key : segment
  return typeof key === 'symbol' ? String(key) : key
}

/**
 * What is left of a check when the value is the application's own: it has to be right.
 *
 * @throws {TypeError} that says what is wrong, if it is not
 */
export function mustPass(checked: unknown, doing: string): unknown {
  if (!(checked instanceof Failed)) return checked
  const { path, message } = wireIssues(checked)[0] ?? { path: [], message: 'its schema refuses it' }
  throw new TypeError(
    `Cannot ${doing}: ${message}${path.length > 0 ? ` at ${path.join('.')}` : ''}`,
  )
}
