import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { connect, dial, upgradeRequest } from '../../src/testing/raw-client.ts'
import { launch } from '../../tools/launch.ts'

const server = await launch({
  runtime: 'worker',
  entry: `${import.meta.dirname}/../conformance/server/worker.ts`,
  compatibilityFlags: ['enable_request_signal'],
})
afterAll(() => server.close())

// Without the flag nothing in a Worker is told of a TCP reset before the 101.
test('with enable_request_signal a client that resets during its handshake takes no place', async () => {
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const wire = await dial(server.url)
      wire.write(upgradeRequest(server.url, { target: '/few/resets?ms=40' }))
      await sleep(i * 2)
      wire.reset()
    }),
  )
  // Both places, and no third.
  await expect.poll(() => opens('/few/resets'), { timeout: 8000 }).toBe(true)
  await expect.poll(() => opens('/few/resets'), { timeout: 8000 }).toBe(true)
  expect(await opens('/few/resets')).toBe(false)
})

function opens(target: string): Promise<boolean> {
  return connect(server.url, { target }).then(
    () => true,
    () => false,
  )
}
