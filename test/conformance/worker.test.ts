import { afterAll, describe, expect, test } from 'vitest'
import { conformance } from '../../src/testing/conformance/index.ts'
import { launch } from '../../tools/launch.ts'
import { workerd } from './workerd.ts'

const entry = `${import.meta.dirname}/server/worker.ts`
const server = await launch({ runtime: 'worker', entry })
afterAll(() => server.close())

const capabilities = { ...workerd, channels: false, silence: 'text' } as const
conformance({ name: 'worker', url: server.url, capabilities }, { describe, expect, test })
