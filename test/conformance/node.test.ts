import { afterAll, describe, expect, test } from 'vitest'
import { conformance } from '../../src/testing/conformance/index.ts'
import { launch } from '../../tools/launch.ts'

const entry = `${import.meta.dirname}/server/node.ts`
const server = await launch({ runtime: 'node', entry })
afterAll(() => server.close())

conformance({ name: 'node', url: server.url }, { describe, expect, test })
