import { expect, test } from 'vitest'
import { TestClock } from '../testing/clock.ts'
import type { Endpoint, Receiver, Transport } from './port.ts'
import { Readers } from './readers.ts'

test('readers are counted under each of their tags until they end', async () => {
  const made: (Receiver & { transport: Transport })[] = []
  const endpoint: Endpoint = {
    live: new Set(),
    accept(transport) {
      const receiver = {
        ...{ transport, gone: false, ended: undefined as (() => void) | undefined },
        ...{ open() {}, resume() {}, silent() {}, abandon() {}, tick() {}, drain: () => true },
        message: () => void transport.send('{"id":1,"data":{}}'),
        lost() {
          receiver.ended?.()
        },
      }
      made.push(receiver)
      return receiver
    },
  }
  const readers = new Readers()
  const opener = {
    ...{ timers: new TestClock(), env: {} },
    limits: { maxMessageBytes: 1, maxQueueBytes: 1000 },
  }
  const open = (tags: string[]): Promise<Response> =>
    readers.open(endpoint, { events: { channel: 'a' } } as never, tags, opener)
  const first = await open(['x', 'y'])
  await open(['x'])
  expect([readers.count('x'), readers.count('y'), readers.count('z')]).toEqual([2, 1, 0])
  await first.body?.cancel()
  expect([readers.count('x'), readers.count('y')]).toEqual([1, 0])
})
