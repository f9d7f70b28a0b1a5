import { expect, test } from 'vitest'
import { anything, peer, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { logger } from './logger.ts'

const name = 'n'.repeat(64)
const talk = contract({
  messages: { [name]: anything },
  requests: {
    say: { input: anything, output: anything },
    wait: { input: anything, output: anything },
    fail: { input: anything, output: anything },
  },
})

test('a line for each message and request: who, what, how it ended, and how long it took', async () => {
  const clock = new TestClock()
  const lines: string[] = []
  const talker = socket(talk, {
    use: [logger((line) => lines.push(line))],
    messages: { [name]: () => {} } as never,
    requests: {
      say: () => 'secret',
      wait: () => new Promise((resolve) => clock.after(1500, () => resolve(1))),
      fail: (c) => {
        if (c.data === 'refusal') throw new SocketError('conflict', 'secret')
        if (c.data === 'hostile') throw new Proxy({}, { get: () => JSON.parse('}') as never })
        throw c.data === 'nothing' ? undefined : new Error('secret')
      },
    },
  })
  const client = await peer(talker, { clock })
  client.say({ type: name, data: 'secret' })
  client.request(1, 'say', 'secret')
  client.request(2, 'wait')
  for (const [i, how] of ['refusal', 'error', 'nothing', 'hostile'].entries()) {
    client.request(3 + i, 'fail', how)
  }
  await client.heard()
  clock.advance(1500)
  await turn()
  const [id] = (lines[0] as string).split(' ')
  expect(id).toMatch(/^c_/)
  expect(lines.map((line) => line.replace(`${id} `, ''))).toEqual([
    `${name} ok 0 ms`,
    'say ok 0 ms',
    'fail conflict 0 ms',
    'fail internal 0 ms',
    'fail internal 0 ms',
    'fail internal 0 ms',
    'wait ok 1500 ms',
  ])
  expect(lines.join()).not.toContain('secret')
})

test('of a stream it says that it has begun: how it ends is not known yet', async () => {
  const lines: string[] = []
  const count = contract({ requests: { count: { input: anything, item: anything } } })
  const counter = socket(count, {
    use: [logger((line) => lines.push(line))],
    requests: {
      async *count(c) {
        if (c.data === 'fail') throw new SocketError('conflict', 'later')
        yield 1
      },
    },
  })
  const client = await peer(counter)
  client.request(1, 'count')
  client.request(2, 'count', 'fail')
  await client.heard()
  expect(lines.map((line) => line.replace(/^c_\S+ /, ''))).toEqual([
    'count begun 0 ms',
    'count begun 0 ms',
  ])
})
