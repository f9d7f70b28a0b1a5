import fc from 'fast-check'
import { expect, test } from 'vitest'
import { acceptsEvents, eventText, idOf, joinedText, positionOf, saidText } from './event-stream.ts'

test('an event is its type and its payload, and has an id if it has a number', () => {
  expect(eventText('said', { text: 'a\nb' })).toBe('event: said\ndata: {"text":"a\\nb"}\n\n')
  expect(saidText({ offset: 7, type: 'said', data: 1 }, 'e')).toBe(
    'id: e:7\nevent: said\ndata: 1\n\n',
  )
  expect(saidText({ type: 'said', data: undefined }, 'e')).toBe('event: said\ndata: null\n\n')
})

test('a payload is one line, whatever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (data) => {
      const [type, line, ...rest] = eventText('said', data).split(/\r\n|\r|\n/)
      expect([type, ...rest]).toEqual(['event: said', '', ''])
      expect(line).toBe(`data: ${JSON.stringify(data)}`)
    }),
  )
})

test('a stream begins with what was missed, and with where the channel is', () => {
  const publications = [{ offset: 4, type: 'said', data: 1 }]
  expect(joinedText({})).toBe('')
  expect(joinedText({ position: ['e', 4] })).toBe('id: e:4\n\n')
  expect(joinedText({ position: ['e', 4], publications })).toBe(
    'id: e:4\nevent: said\ndata: 1\n\nid: e:4\n\n',
  )
  expect(joinedText({ position: ['e', 4], reason: 'epoch' })).toBe(
    'id: e:4\nevent: $reset\ndata: {"reason":"epoch"}\n\n',
  )
})

test('an id is read as it was written', () => {
  const epoch = fc.stringMatching(/^[\w:-]{1,64}$/)
  fc.assert(
    fc.property(epoch, fc.nat(), (name, offset) => {
      expect(positionOf(idOf([name, offset]))).toEqual([name, offset])
    }),
  )
})

test.each([
  '',
  'x',
  ':1',
  'e:',
  'e:-1',
  'e:1.5',
  'e:1e3',
  `${'e'.repeat(65)}:1`,
  `e:${'9'.repeat(16)}`,
])('an id such as "%s" is before everything', (id) => {
  expect(positionOf(id)).toEqual(['', 0])
})

test.each([
  ['text/event-stream', true],
  ['Text/Event-Stream', true],
  ['text/html, text/event-stream;q=0.5', true],
  ['text/event-stream ; charset=utf-8', true],
  [null, false],
  ['', false],
  ['*/*', false],
  ['text/*', false],
  ['text/event-stream;q=0', false],
  ['text/event-stream;q=0.000', false],
  ['text/event-streams', false],
])('Accept: %s', (header, accepted) => {
  expect(acceptsEvents(header)).toBe(accepted)
})
