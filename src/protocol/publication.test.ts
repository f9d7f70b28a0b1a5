import { describe, expect, test } from 'vitest'
import { decode } from './codec.ts'
import {
  Encoded,
  bodyOf,
  encodedReply,
  gapFrame,
  headOf,
  itemOf,
  joinedFrame,
  publicationFrame,
} from './publication.ts'

describe('what is kept of a publication', () => {
  const body = bodyOf('said', { text: 'hi "é"' })

  test('is a part of what is told, as it is', () => {
    expect(publicationFrame(headOf('room/é'), { offset: 7, body })).toBe(
      '{"channel":"room/é","offset":7,"type":"said","data":{"text":"hi \\"é\\""}}',
    )
    expect(itemOf({ offset: 7, body })).toBe(
      '{"offset":7,"type":"said","data":{"text":"hi \\"é\\""}}',
    )
  })

  test('has no number where nothing is kept', () => {
    expect(
      decode(publicationFrame(headOf('a'), { offset: 0, body: bodyOf('said', undefined) })),
    ).toEqual({
      channel: 'a',
      type: 'said',
      data: null,
    })
  })
})

test('what is JSON already goes into frames as it is', () => {
  const data = new Encoded('{"position":["x",1]}')
  expect(decode(joinedFrame('room/"', data))).toEqual({
    type: '$joined',
    channel: 'room/"',
    data: { position: ['x', 1] },
  })
  expect(decode(encodedReply(3, data))).toEqual({ id: 3, data: { position: ['x', 1] } })
  expect(decode(gapFrame('a', 'slow'))).toEqual({ type: '$gap', channel: 'a', reason: 'slow' })
})
