import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brokerConformance } from 'denwa/broker/conformance'
import { describe, expect, test } from 'vitest'
import { commandLine } from '../../tools/command.ts'
import { launch } from '../../tools/launch.ts'
import { permitted } from '../support/permitted.ts'
import type { Results } from './brokers/results.ts'
import { inFile, inMemory, inSqlite } from './brokers/targets.ts'

const here = join(import.meta.dirname, 'brokers')

for (const target of [inMemory, inSqlite, inFile]) {
  brokerConformance(target, { describe, expect, test })
}

describe('all of it', () => {
  test.each(['bun', 'deno'] as const)(
    'on %s',
    async (runtime) => {
      const entry = join(here, 'main.ts')
      const { file, args, cwd, env } = permitted(commandLine(runtime, { entry }))
      const { stdout } = await promisify(execFile)(file, args, {
        cwd,
        env: { ...process.env, ...env },
      })
      expectAll(JSON.parse(stdout) as Results, 90)
    },
    60_000,
  )

  test('in a Durable Object', async () => {
    const server = await launch({ runtime: 'durable', entry: join(here, 'durable.ts') })
    try {
      expectAll((await (await fetch(server.url)).json()) as Results, 35)
    } finally {
      await server.close()
    }
  }, 60_000)
})

function expectAll({ passed, failed }: Results, atLeast: number): void {
  expect(failed).toEqual([])
  expect(passed).toBeGreaterThan(atLeast)
}
