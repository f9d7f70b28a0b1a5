const moods =
  `Brave Bright Calm Clever Curious Gentle Happy Jolly Kind Lucky Merry Mighty Nimble Quiet
  Sunny Swift Witty`.split(/\s+/)
const animals =
  `Badger Beaver Crane Dolphin Falcon Finch Fox Hare Heron Koala Lynx Otter Owl Panda Raven
  Robin Seal Tiger`.split(/\s+/)

const pick = (words: string[]): string => words[Math.floor(Math.random() * words.length)]!

export const friendlyName = (): string => `${pick(moods)} ${pick(animals)}`

/** The name as asked for, without what could disturb a line of text; a friendly one if nothing is left. */
export function nameOf(asked: string | null | undefined): string {
  const plain = asked
    ?.toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return plain ? Array.from(plain).slice(0, 24).join('') : friendlyName()
}
