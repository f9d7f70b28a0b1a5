import { afterAll, describe, expect, test } from 'vitest'
import { conformance } from '../../src/testing/conformance/index.ts'
import { launch } from '../../tools/launch.ts'

const entry = `${import.meta.dirname}/server/deno.ts`
const server = await launch({ runtime: 'deno', entry })
afterAll(() => server.close())

const capabilities = {
  httpVersion: false,
  headerTimeout: false,
  violations: 'cut',
  unmasked: 'accepted',
  endlessFragments: 'kept',
  silence: 'runtime',
  awaitsClose: 'for ever',
  lastWords: false,
} as const
conformance({ name: 'deno', url: server.url, capabilities }, { describe, expect, test })
