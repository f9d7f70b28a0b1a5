import { afterAll, describe, expect, test } from 'vitest'
import { conformance } from '../../src/testing/conformance/index.ts'
import { launch } from '../../tools/launch.ts'

const entry = `${import.meta.dirname}/server/bun.ts`
const server = await launch({ runtime: 'bun', entry })
afterAll(() => server.close())

const capabilities = { httpVersion: false, earlyFrames: false, awaitsClose: 'never' } as const
conformance({ name: 'bun', url: server.url, capabilities }, { describe, expect, test })
