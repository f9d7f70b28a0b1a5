import type { StandardSchemaV1 } from '@standard-schema/spec'

type Schema<T> = StandardSchemaV1<T, T>
type Issue = StandardSchemaV1.Issue
type Shape = Record<string, Schema<unknown>>
type Shaped<S extends Shape> = { [K in keyof S]: StandardSchemaV1.InferOutput<S[K]> }

// Schemas by hand, so that the suite asks for no schema library.
function schema<T>(check: (value: unknown) => Issue[]): Schema<T> {
  return {
    '~standard': {
      version: 1,
      vendor: 'conformance',
      validate: (value) => {
        const issues = check(value)
        return issues.length > 0 ? { issues } : { value: value as T }
      },
    },
  }
}

const only =
  (wanted: string, holds: (value: unknown) => boolean) =>
  (value: unknown): Issue[] =>
    holds(value) ? [] : [{ message: `expected ${wanted}` }]

export const text: Schema<string> = schema(only('text', (value) => typeof value === 'string'))
export const number: Schema<number> = schema(only('a finite number', Number.isFinite))
export const anything: Schema<unknown> = schema(() => [])

export function object<S extends Shape>(shape: S): Schema<Shaped<S>> {
  return schema((value) => {
    if (typeof value !== 'object' || value === null) return [{ message: 'expected an object' }]
    return Object.entries(shape).flatMap(([key, inner]) =>
      issuesOf(inner, (value as Record<string, unknown>)[key]).map((issue) => ({
        message: issue.message,
        path: [key, ...(issue.path ?? [])],
      })),
    )
  })
}

/** Finds fault with every element, at length: as many and as long issues as 64 KiB can be made to give. */
export const faulty: Schema<unknown[]> = schema((value) =>
  Array.isArray(value)
    ? value.map((element, index) => ({
        message: `wrong: ${'very '.repeat(500)}wrong`,
        path: ['list', String(element).repeat(100), index],
      }))
    : [{ message: 'expected an array' }],
)

/** Throws instead of answering, as validators do that overflow their stack. */
export const throwing: Schema<unknown> = schema(() => {
  throw new RangeError('secret: Maximum call stack size exceeded')
})

/** Takes its time: the handler can only start after it, and so can all later ones. */
export const slow: Schema<{ n: number }> = {
  '~standard': {
    version: 1,
    vendor: 'conformance',
    validate: async (value) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { value: value as { n: number } }
    },
  },
}

function issuesOf(inner: Schema<unknown>, value: unknown): readonly Issue[] {
  const result = inner['~standard'].validate(value)
  return result instanceof Promise ? [] : (result.issues ?? [])
}
