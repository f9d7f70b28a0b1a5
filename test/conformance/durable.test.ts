import { afterAll, describe, expect, test } from 'vitest'
import { conformance } from '../../src/testing/conformance/index.ts'
import { launch } from '../../tools/launch.ts'
import { workerd } from './workerd.ts'

const entry = `${import.meta.dirname}/server/durable.ts`
const server = await launch({ runtime: 'durable', entry })
afterAll(() => server.close())

const capabilities = { ...workerd, hibernatesAfterMs: 12_000, silence: 'awake' } as const
conformance({ name: 'durable', url: server.url, capabilities }, { describe, expect, test })
