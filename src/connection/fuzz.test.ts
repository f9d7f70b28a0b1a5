import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../test/support/arbitrary.ts'
import { type Peer, peer, standard } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'

test('whatever the peer says, all that comes of it is frames or a close that the protocol knows', async () => {
  const strict = standard((value) => (value === 1 ? { value } : { issues: [{ message: 'not 1' }] }))
  const tight = contract({
    messages: { m: strict },
    requests: { r: { input: strict, output: strict } },
  })
  const at = socket(tight, { messages: { m: () => {} }, requests: { r: (c) => c.data } })
  const type = fc.constantFrom('m', 'r', '$join', '$leave', '$cancel', '$more', '$nope', 5, null)
  const frame = fc.record(
    {
      type,
      id: fc.oneof(fc.integer({ min: -1, max: 50 }), fc.jsonValue()),
      data: fc.oneof(fc.constant(1), fc.jsonValue()),
      channel: fc.jsonValue(),
      count: fc.jsonValue(),
      timeout: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const message = fc.oneof(
    anyText(),
    fc.uint8Array({ maxLength: 9 }),
    frame,
    fc.array(fc.oneof(frame, fc.jsonValue()), { maxLength: 5 }),
    fc.json(),
  )
  const codes = ['bad_frame', 'unknown', 'invalid', 'forbidden']
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
      const client: Peer = await peer(at)
      client.say(...messages)
      for (const { id, data, error } of (await client.heard()).filter((said) => said !== 'pong')) {
        if (error) expect(codes).toContain(error.code)
        else expect([Number.isSafeInteger(id), data ?? null]).toEqual([true, data])
      }
      expect([undefined, 1003, 4000]).toContain((await client.ended())?.code)
    }),
    { numRuns: 400 },
  )
})
