import { describe, expect, test } from 'vitest'
import { anything, peer } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { socket } from '../socket.ts'
import type { SocketMiddleware } from '../types.ts'
import { only } from './only.ts'

const talk = contract({
  requests: {
    say: { input: anything, output: anything },
    look: { input: anything, output: anything },
  },
})

function talker(log: string[], ...use: SocketMiddleware[]) {
  return socket(talk, {
    use,
    requests: { say: () => log.push('say'), look: () => log.push('look') },
  })
}

const noting =
  (log: string[], name: string): SocketMiddleware =>
  async (_, next) => {
    log.push(`>${name}`)
    await next()
    log.push(`<${name}`)
  }

describe('only', () => {
  test('runs for what it names, in its order, inside of what comes before', async () => {
    const log: string[] = []
    const [a, b, c] = [noting(log, 'a'), noting(log, 'b'), noting(log, 'c')]
    const client = await peer(talker(log, a, only('say', b, c)))
    client.request(1, 'say')
    await client.heard()
    client.request(2, 'look')
    await client.heard()
    expect(log.join(' ')).toBe('>a >b >c say <c <b <a >a look <a')
  })

  test('takes several names', async () => {
    const log: string[] = []
    const client = await peer(talker(log, only(['say', 'look'], noting(log, 'a'))))
    client.request(1, 'say')
    client.request(2, 'look')
    await client.heard()
    expect(log.filter((each) => each === '>a')).toHaveLength(2)
  })

  test('may refuse, by an error and by silence', async () => {
    const log: string[] = []
    const refuse: SocketMiddleware = () => {
      throw new SocketError('conflict', 'not now')
    }
    const [first, second] = [
      await peer(talker(log, only('say', refuse))),
      await peer(
        talker(
          log,
          only('say', () => {}),
        ),
      ),
    ]
    for (const client of [first, second]) {
      client.request(1, 'say')
      client.request(2, 'look')
    }
    const codes = async (client: typeof first) =>
      (await client.heard()).map(({ id, error }) => [id, error?.code])
    expect(await codes(first)).toEqual([
      [1, 'conflict'],
      [2, undefined],
    ])
    expect(await codes(second)).toEqual([
      [1, 'forbidden'],
      [2, undefined],
    ])
    expect(log).toEqual(['look', 'look'])
  })

  test.each([[[]], [''], [['say', '']]])('%j names nothing', (types) => {
    expect(() => only(types as string[])).toThrow(TypeError)
  })
})
