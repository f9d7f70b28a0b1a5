import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../test/support/arbitrary.ts'
import { presenceFrame, presenceState, withSelf } from './presence-frames.ts'

const told = fc.array(
  fc.record({ key: anyText(), meta: fc.jsonValue().map((value) => JSON.stringify(value)) }),
  { maxLength: 5 },
)
const objectOf = (members: readonly { key: string; meta: string }[]) =>
  Object.fromEntries(members.map(({ key, meta }) => [key, JSON.parse(meta) as unknown]))

test('a state says who is there, how many if these are not all, and who asks', () => {
  const ann = { key: 'c_1', meta: '{"name":"ann"}' }
  expect(presenceState(0, [])).toBe('{"version":0,"members":{}}')
  const state = presenceState(17, [ann], 2345)
  expect(state).toBe('{"version":17,"members":{"c_1":{"name":"ann"}},"count":2345}')
  expect(withSelf(state, 'c_1')).toBe(`${state.slice(0, -1)},"self":"c_1"}`)
})

test('a diff says what it has to, and nothing else', () => {
  const cy = { key: 'c_2', meta: '{"name":"cy"}' }
  const start = '{"type":"$presence","channel":"room/42","version":18'
  expect(presenceFrame('room/42', 18, [cy], [])).toBe(`${start},"joined":{"c_2":{"name":"cy"}}}`)
  expect(presenceFrame('room/42', 18, [], ['c_1', 'c_3'])).toBe(`${start},"left":["c_1","c_3"]}`)
  expect(presenceFrame('room/42', 18, [], [], 1001)).toBe(`${start},"count":1001}`)
})

test('both are JSON, whatever keys and metas are', () => {
  fc.assert(
    fc.property(told, fc.array(anyText()), anyText(), (members, left, channel) => {
      expect(JSON.parse(withSelf(presenceState(1, members), channel))).toEqual({
        version: 1,
        members: objectOf(members),
        self: channel,
      })
      const frame = JSON.parse(presenceFrame(channel, 2, members, left)) as Record<string, unknown>
      expect(frame).toMatchObject({ type: '$presence', channel, version: 2 })
      expect(frame['joined'] ?? {}).toEqual(objectOf(members))
      expect(frame['left'] ?? []).toEqual(left)
    }),
  )
})
