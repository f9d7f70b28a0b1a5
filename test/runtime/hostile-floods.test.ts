import { describe, expect, test } from 'vitest'
import { MiB } from '../support/memory.ts'
import { floods } from './hostile-servers/behaviours.ts'
import { platforms, run } from './hostile-servers/run.ts'
import { hostile } from './hostile-servers/server.ts'
import { faults } from './hostile-servers/verdict.ts'

describe.each(platforms)('a client on %s, with its WebSocket: %s,', (runtime, kind) => {
  test('gives up servers that pour, in time', { timeout: 60_000 }, async () => {
    const server = await hostile()
    const ran = await run(runtime, kind, `ws://127.0.0.1:${server.port}`, floods, 1000)
    server.close()
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.fates!.problems).toEqual([])
    // It reads on when it was told to close, and has no limit for what is not whole yet.
    if (runtime === 'deno') return
    expect(faults(floods, ran.fates!, server.visits)).toEqual([])
    expect(ran.peakBytes).toBeLessThan(800 * MiB)
  })
})
