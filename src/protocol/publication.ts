/** What is told of a channel that remembers: a payload is encoded once, whoever gets it and when. */

/** JSON that is text already, and becomes part of a frame as it is. */
export class Encoded {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Something published, and its number; 0 where nothing is kept. */
interface Numbered {
  readonly offset: number
  readonly body: string
}

/** What a store keeps of a publication: its type and its payload. */
export function bodyOf(type: string, data: unknown): string {
  return JSON.stringify({ type, data: data ?? null })
}

/** As it stands in the reply to a join. */
export function itemOf({ offset, body }: Numbered): string {
  return `{"offset":${offset},${body.slice(1)}`
}

/** How all that is published on a channel begins. */
export function headOf(channel: string): string {
  return `{"channel":${JSON.stringify(channel)},`
}

/** As it is published. */
export function publicationFrame(head: string, { offset, body }: Numbered): string {
  return offset > 0 ? `${head}"offset":${offset},${body.slice(1)}` : head + body.slice(1)
}

export function gapFrame(channel: string, reason: string): string {
  return JSON.stringify({ type: '$gap', channel, reason })
}

export function joinedFrame(channel: string, { text }: Encoded): string {
  return `{"type":"$joined","channel":${JSON.stringify(channel)},"data":${text}}`
}

export function encodedReply(id: number, { text }: Encoded): string {
  return `{"id":${id},"data":${text}}`
}
