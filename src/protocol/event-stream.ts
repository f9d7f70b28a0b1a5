/** The text of server-sent events: HTML Living Standard, section 9.2. */

/** Where a reader is: the epoch of a history, and an offset in it. */
type Position = readonly [epoch: string, offset: number]

/** What a channel with history tells who joins. */
export interface Joined {
  readonly position?: Position
  readonly reason?: string
  readonly publications?: readonly Said[]
}

/** Something published. */
export interface Said {
  readonly offset?: number
  readonly type: string
  readonly data: unknown
}

export const EVENT_STREAM = 'text/event-stream'

/** Says nothing; a client passes over it. */
export const COMMENT = ':\n\n'

/** What a client brings back that was told to stay away. */
export const STOP_ID = '$close'

/** Longest epoch that is read at all. */
const MAX_LENGTH = 64

/** JSON has no line breaks: one line holds any payload. */
export function eventText(type: string, data: unknown, id?: string): string {
  const head = id === undefined ? '' : `id: ${id}\n`
  return `${head}event: ${type}\ndata: ${JSON.stringify(data ?? null)}\n\n`
}

/** A publication: it has an id if it has a number. */
export function saidText({ offset, type, data }: Said, epoch: string | undefined): string {
  const numbered = offset !== undefined && epoch !== undefined
  return eventText(type, data, numbered ? idOf([epoch, offset]) : undefined)
}

/** The beginning of a stream: what was missed, or that it is lost; then where the channel is. */
export function joinedText({ position, reason, publications = [] }: Joined): string {
  if (!position) return ''
  const id = idOf(position)
  if (reason !== undefined) return eventText('$reset', { reason }, id)
  const said = publications.map((each) => saidText(each, position[0])).join('')
  return `${said}id: ${id}\n\n`
}

export function retryText(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`
}

export function idOf([epoch, offset]: Position): string {
  return `${epoch}:${offset}`
}

/** Where a client was; one that is of no history of ours is before all of them. */
export function positionOf(id: string): Position {
  const [, epoch = '', digits = ''] = /^(.+):(\d{1,15})$/.exec(id) ?? []
  return epoch === '' || epoch.length > MAX_LENGTH ? ['', 0] : [epoch, Number(digits)]
}

/** Whether an `Accept` header names the format; a wildcard does not. */
export function acceptsEvents(header: string | null): boolean {
  return !!header?.split(',').some((part) => {
    const [type = '', ...params] = part.split(';').map((each) => each.trim().toLowerCase())
    return type === EVENT_STREAM && !params.some((each) => /^q=0(\.0*)?$/.test(each))
  })
}
