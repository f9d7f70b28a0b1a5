import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../test/support/arbitrary.ts'
import { SocketError } from '../errors.ts'
import { bodyOf, headOf, publicationFrame } from './publication.ts'
import { decode } from './codec.ts'
import {
  endFrame,
  errorFrame,
  eventFrame,
  itemFrame,
  joinFrames,
  leftFrame,
  replyFrame,
  welcomeFrame,
} from './frame.ts'

const sizeOf = (text: string): number => new TextEncoder().encode(text).length
const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const name = anyText()

describe('every frame is decoded to what it was made of', () => {
  test('reply, item and end', () => {
    fc.assert(
      fc.property(id, json, (n, data) => {
        expect(decode(replyFrame(n, data))).toEqual({ id: n, data })
        expect(decode(itemFrame(n, data))).toEqual({ id: n, item: data })
        expect(decode(endFrame(n))).toEqual({ id: n, end: true })
      }),
    )
  })

  test('event and publication, whatever their names', () => {
    fc.assert(
      fc.property(name, name, json, (type, channel, data) => {
        expect(decode(eventFrame(type, data))).toEqual({ type, data })
        const publication = { offset: 0, body: bodyOf(type, data) }
        expect(decode(publicationFrame(headOf(channel), publication))).toEqual({
          channel,
          type,
          data,
        })
      }),
    )
  })

  test('those with a payload have one even if it is undefined', () => {
    expect(decode(replyFrame(1, undefined))).toEqual({ id: 1, data: null })
    expect(decode(itemFrame(1, undefined))).toEqual({ id: 1, item: null })
    expect(decode(eventFrame('e', undefined))).toEqual({ type: 'e', data: null })
  })

  test('welcome and left', () => {
    const welcome = { id: 'c_1', beat: 1, wait: 2, limits: { message: 3 }, features: [] }
    expect(decode(welcomeFrame(welcome))).toEqual({ type: '$welcome', ...welcome })
    expect(decode(leftFrame('room/1', 'left'))).toEqual({
      type: '$left',
      channel: 'room/1',
      code: 'left',
    })
  })

  test('frames joined are an array of them; one frame stays itself', () => {
    fc.assert(
      fc.property(fc.array(json, { minLength: 2, maxLength: 5 }), (frames) => {
        expect(decode(joinFrames(frames.map((frame) => JSON.stringify(frame))))).toEqual(frames)
      }),
    )
    expect(joinFrames(['{"a":1}'])).toBe('{"a":1}')
  })
})

describe('an error frame', () => {
  const error = new SocketError('invalid', 'no')

  test('has code and message, and nothing that was not given', () => {
    expect(decode(errorFrame(7, error))).toEqual({
      id: 7,
      error: { code: 'invalid', message: 'no' },
    })
    expect(decode(errorFrame(undefined, error))).toEqual({
      error: { code: 'invalid', message: 'no' },
    })
  })

  test('says when a retry is worth it', () => {
    const late = new SocketError('rate_limited', 'later', { retryAfterMs: 1500 })
    expect(decode(errorFrame(1, late))).toMatchObject({ error: { retryAfter: 1500 } })
    const now = new SocketError('overloaded', 'now', { retryAfterMs: 0 })
    expect(decode(errorFrame(1, now))).toMatchObject({ error: { retryAfter: 0 } })
  })

  test('never shows the cause', () => {
    const caused = new SocketError('conflict', 'taken', { cause: new Error('secret') })
    expect(errorFrame(1, caused)).not.toContain('secret')
  })

  test('names the first five issues', () => {
    const issues = Array.from({ length: 9 }, (_, i) => ({ path: ['list', i], message: `bad ${i}` }))
    const frame = decode(errorFrame(1, error, issues)) as any
    expect(frame.error.issues).toEqual(issues.slice(0, 5))
  })

  test('has no issues if there are none', () => {
    expect(decode(errorFrame(1, error, []))).toEqual(decode(errorFrame(1, error)))
  })

  test('drops later issues first if they are too long', () => {
    const issue = (n: number) => ({ path: Array<string>(10).fill('k'.repeat(60)), message: `${n}` })
    const text = errorFrame(1, error, [1, 2, 3, 4, 5].map(issue))
    const { issues } = (decode(text) as any).error
    expect(issues.length).toBeGreaterThan(0)
    expect(issues.length).toBeLessThan(5)
    expect(issues[0].message).toBe('1')
    expect(sizeOf(text)).toBeLessThanOrEqual(2048)
  })

  test('is JSON of at most 2 KiB and five issues, whatever a schema or a handler says', () => {
    const text = fc.oneof(
      anyText(),
      fc
        .tuple(fc.constantFrom('a', '"', '\0', '\ud800', '😀', '€'), fc.nat(5_000))
        .map(([c, n]) => c.repeat(n)),
    )
    const path = fc.array(fc.oneof(text, fc.integer()), { maxLength: 40 })
    const issues = fc.array(fc.record({ path, message: text }), { maxLength: 8 })
    const code = fc.stringMatching(/^[a-z][a-z0-9_]{0,63}$/)
    fc.assert(
      fc.property(
        id,
        code,
        text,
        issues,
        fc.option(fc.nat(), { nil: undefined }),
        (n, c, m, all, ms) => {
          const refusal = new SocketError(c, m, ms === undefined ? {} : { retryAfterMs: ms })
          const frame = errorFrame(n, refusal, all)
          expect(sizeOf(frame)).toBeLessThanOrEqual(2048)
          const { id: at, error: body } = decode(frame) as any
          expect([at, body.code]).toEqual([n, c])
          expect(body.issues?.length ?? 0).toBeLessThanOrEqual(5)
        },
      ),
      { numRuns: 300 },
    )
  })
})
