import { expect, test } from 'vitest'
import { Book } from './book.ts'
import { Entry } from './entry.ts'

test('a connection is found by its newest entry, whatever becomes of the others', () => {
  const book = new Book()
  const [first, second] = [new Entry('a', 'c', '1'), new Entry('b', 'c', '1')]
  for (const entry of [first, second]) book.add(entry)
  book.move(first, 'd')
  expect([book.of('c'), book.of('d')]).toEqual([second, first])
  book.add(new Entry('e', 'd', '1'))
  book.delete(first)
  expect([book.of('d')?.key, book.get('a'), book.size]).toEqual(['e', undefined, 2])
})

test('an entry is proven by its last secrets, for as long as it is there', () => {
  const book = new Book()
  const entry = new Entry('a', 'c', '1')
  book.add(entry)
  for (const secret of ['first', 'second', 'third', 'third']) book.trust(entry, secret)
  expect(['first', 'second', 'third'].map((secret) => book.provenBy(secret)?.key)).toEqual([
    undefined,
    'a',
    'a',
  ])
  book.delete(entry)
  expect(book.provenBy('third')).toBeUndefined()
})
