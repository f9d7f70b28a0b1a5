import type { Schema } from '../contract.ts'
import type { Issue } from '../protocol/frame.ts'

/** What a schema says of a value. */
export type Checked = { readonly value: unknown; readonly issues?: undefined } | Failed
export interface Failed {
  readonly issues: readonly SchemaIssue[]
}
interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Checks a value; answers with a promise only where the schema is asynchronous. */
export type Check = (value: unknown) => Checked | Promise<Checked>

export function checkOf(schema: Schema): Check {
  // Once: some libraries make a new object at each access.
  const standard = schema['~standard']
  const compiled = compiledByZod(schema)
  if (compiled) return compiled
  return (value) => {
    try {
      return standard.validate(value) as Checked | Promise<Checked>
    } catch (error) {
      // Too deep a value overflows a recursive schema's stack: the value is at fault, not the schema.
      if (error instanceof RangeError) return { issues: [{ message: 'too deep' }] }
      throw error
    }
  }
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
    return result.success ? { value: result.data } : { issues: (result.error as Failed).issues }
  }
}

export function wireIssues(failed: Failed): Issue[] {
  const issues: Issue[] = []
  for (const { message, path } of failed.issues) {
    issues.push({ path: Array.from(path ?? [], wireKey), message: String(message) })
    if (issues.length === 5) break
  }
  return issues
}

function wireKey(segment: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof segment === 'object' ? segment.key : segment
  return typeof key === 'symbol' ? String(key) : key
}

/** For the developer who sent what the contract does not allow. */
export function describe(issues: readonly SchemaIssue[]): string {
  const [issue] = wireIssues({ issues })
  if (!issue) return 'the schema refuses it'
  return issue.path.length > 0 ? `${issue.message} at ${issue.path.join('.')}` : issue.message
}
