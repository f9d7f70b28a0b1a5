import { describe, expect, test } from 'vitest'
import { app } from '../../src/testing/conformance/app.ts'
import { inMemory } from '../../src/testing/conformance/in-memory.ts'
import { conformance } from '../../src/testing/conformance/index.ts'

const target = { name: 'memory', url: 'http://localhost', capabilities: { tcp: false } }
conformance({ ...target, ...inMemory(app) }, { describe, expect, test })
