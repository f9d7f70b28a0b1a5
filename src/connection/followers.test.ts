import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { anything, peer, standard } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { followed, planned } from '../handshake/plan.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'
import { follow } from './followers.ts'

const echo = contract({
  messages: { echo: standard((value) => ({ value })) },
  events: { echo: anything },
})

function app(name: string, setting: object): { app: Hono; log: string[] } {
  const log: string[] = []
  const served = new Hono()
    .use(async (c, next) => planned(c, followed(c, name, setting), next))
    .get(
      '/',
      socket(echo, {
        open: () => void log.push('open'),
        messages: { echo: (c) => c.send('echo', c.data) },
      }),
    )
  return { app: served, log }
}

test('a policy is followed by what its module brings along, with the setting it has left', async () => {
  const seen: unknown[] = []
  follow('test', (_c, setting) => ({ take: (data) => void seen.push([setting, data]) }))
  const ann = await peer(app('test', { ms: 5 }).app)
  ann.say({ type: 'echo', data: 1 })
  expect(await ann.heard()).toEqual([{ type: 'echo', data: 1 }])
  expect(seen[0]).toEqual([{ ms: 5 }, '{"type":"echo","data":1}'])
})

test('what a policy guards that is no part of this program is not served: 1011, and observed', async () => {
  const errors: unknown[] = []
  const end = observe(({ error }) => void errors.push(error))
  const { app: guarded, log } = app('elsewhere', {})
  const ann = await peer(guarded)
  ann.say({ type: 'echo', data: 1 })
  expect(await ann.ended()).toEqual({ code: 1011, reason: 'internal error' })
  end()
  expect(log).toEqual([])
  expect(String(errors)).toBe(
    'TypeError: Cannot follow "elsewhere": make its policy where the socket lives, and once: when the program starts',
  )
})
