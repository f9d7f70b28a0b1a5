import { type Thin, dialThin } from '../../support/thin.ts'

interface Diff {
  readonly type: '$presence'
  readonly version: number
  readonly joined?: Readonly<Record<string, Named>>
  readonly left?: readonly string[]
  readonly count?: number
}
interface Named {
  readonly name: string
}

/** At least so much from one diff to the next. */
const GAP_MS = 250
/** Two processes may not agree on the millisecond. */
const ROUNDING_MS = 2

/** All are told the same: it is read once. */
let lastText = ''
let lastFrames: any[] = []
function framesOf(text: string): any[] {
  if (text !== lastText) {
    lastText = text
    lastFrames = [JSON.parse(text)].flat()
  }
  return lastFrames
}

/** A client that knows who is there by a state and by what follows. */
export class Visitor {
  readonly name: string
  /** Names by key. */
  readonly members = new Map<string, string>()
  version = NaN
  count: number | undefined
  diffs = 0
  /** What should not have been, the first of each kind. */
  readonly wrongs = new Set<string>()
  #joinedAt = 0
  #socket: Thin | undefined

  constructor(name: string) {
    this.name = name
  }

  async connect(url: string, protocols: string[]): Promise<void> {
    const options = { target: `/square?name=${this.name}`, protocols }
    this.#socket = await dialThin(url, options, (text) => {
      for (const frame of framesOf(text)) this.#hear(frame)
    })
  }

  join(): void {
    this.#joinedAt = performance.now()
    this.#socket?.send({ type: '$join', id: 1, channel: 'square' })
  }

  leave(): void {
    this.#socket?.send({ type: '$leave', id: 2, channel: 'square' })
  }

  destroy(): void {
    this.#socket?.destroy()
  }

  #hear(frame: any): void {
    if (frame.type === '$presence') this.#changed(frame)
    else if (frame.id === 1 && frame.data) this.#welcomed(frame.data.presence)
    else if (frame.type !== '$welcome' && frame.id !== 2) this.#wrong(JSON.stringify(frame))
  }

  #welcomed({ version, members, count }: any): void {
    this.version = version
    this.count = count
    for (const [key, { name }] of Object.entries<Named>(members)) this.members.set(key, name)
    this.#check()
  }

  #changed({ version, joined = {}, left = [], count }: Diff): void {
    if (version !== this.version + 1) this.#wrong('a hole in the versions')
    this.version = version
    this.count = count
    // A frame may be late, but never early: the first so and so many cannot be here before this.
    const earliest = this.#joinedAt + this.diffs++ * GAP_MS
    if (performance.now() < earliest - ROUNDING_MS) this.#wrong('too many diffs')
    for (const key of left) if (!this.members.delete(key)) this.#wrong('left, and was not there')
    for (const [key, { name }] of Object.entries(joined)) {
      if (this.members.has(key)) this.#wrong('joined, and was there')
      this.members.set(key, name)
    }
    this.#check()
  }

  #check(): void {
    const { size } = this.members
    if (size > 1000) this.#wrong('more than 1,000')
    if (this.count !== undefined && (size !== 1000 || this.count <= size)) {
      this.#wrong(`${size} of ${this.count}`)
    }
  }

  #wrong(what: string): void {
    this.wrongs.add(what)
  }
}
