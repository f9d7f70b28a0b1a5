const moods = 'Brave Calm Clever Curious Gentle Happy Jolly Lucky Merry Nimble Quiet Swift'.split(
  ' ',
)
const animals = 'Badger Crane Finch Fox Hare Heron Koala Lynx Otter Owl Panda Robin'.split(' ')

const pick = (words: string[]): string => words[Math.floor(Math.random() * words.length)]!

export const friendlyName = (): string => `${pick(moods)} ${pick(animals)}`

/** A name as it is asked for, if it is one. */
export function nameOf(asked: string | null | undefined): string {
  const name = asked?.toWellFormed().replaceAll(/\s+/g, ' ').trim().slice(0, 24)
  return name || friendlyName()
}
