import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const samples = join(import.meta.dirname, 'types')
const compilers = {
  'TypeScript 7': 'node_modules/typescript/bin/tsc',
  'TypeScript 6': 'node_modules/typescript6/bin/tsc',
}

test.each(Object.entries(compilers))(
  '%s accepts what is right and refuses each line that is marked as wrong',
  async (_, compiler) => {
    expect(await compile(compiler)).toBe('')
  },
  60_000,
)

test('the samples of what is wrong are there', () => {
  const text = readdirSync(samples)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(samples, name), 'utf8'))
    .join('\n')
  expect(text.split('// @ts-expect-error').length - 1).toBeGreaterThan(40)
})

/** What the compiler has to say. An unused `@ts-expect-error` is an error too. */
async function compile(compiler: string): Promise<string> {
  const args = [compiler, '-p', samples, '--pretty', 'false']
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
    return stdout
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
