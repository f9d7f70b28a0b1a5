import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Client, type Dialled, client } from '../../test/support/line.ts'
import type { Off } from './rules.ts'
import type { Position } from './subscription.ts'

/** A server that tells the truth about one channel, over a network that does not care. */
class Server {
  readonly #client: Client
  #joined: Dialled | undefined
  #epoch = 0
  #top = 0
  #log: number[] = []

  constructor(client: Client) {
    this.#client = client
  }

  get position(): Position {
    return [`${this.#epoch}`, this.#top]
  }

  publish(arrives: boolean): void {
    this.#log.push(++this.#top)
    if (arrives) this.send(this.#top)
  }

  /** Once more, or late. */
  send(offset: number): void {
    if (offset > 0) this.#joined?.say({ channel: 'news', ...this.#publication(offset) })
  }

  evict(): void {
    this.#log = []
  }

  restart(): void {
    this.#epoch++
    this.#top = 0
    this.evict()
    this.cut()
  }

  cut(): void {
    const { clock, line, lines, socket } = this.#client
    this.#joined = undefined
    if (socket.status !== 'waiting') line.lose()
    while (line === lines.at(-1)) clock.advance(1000)
    lines.at(-1)!.open()
  }

  /** What it finds out by itself, in time. */
  gap(): void {
    this.#joined?.say({ type: '$gap', channel: 'news', reason: 'behind' })
  }

  async answer(): Promise<void> {
    const line = this.#client.lines.at(-1)!
    for (const { type, id, since } of await line.heard()) {
      if (type !== '$join') continue
      this.#joined = line
      line.say({ id, data: this.#reply(since) })
    }
  }

  #reply(since: Position | undefined): object {
    const { position } = this
    if (!since) return { position }
    if (since[0] !== position[0]) return { position, recovered: false, reason: 'epoch' }
    const missed = this.#log.filter((offset) => offset > since[1])
    if (missed.length < this.#top - since[1]) {
      return { position, recovered: false, reason: 'evicted' }
    }
    const publications = missed.map((offset) => this.#publication(offset))
    return { position, recovered: true, publications }
  }

  #publication(offset: number): object {
    return { type: 'said', offset, data: [this.#epoch, offset] }
  }
}

const step = fc.constantFrom(
  ...['publish', 'publish', 'publish', 'lost', 'again', 'late', 'cut', 'evict', 'restart'],
  ...['answer', 'answer', 'gap'],
)
const story = fc.array(step, { maxLength: 40 })

/** What the application was told wrongly, if anything was. */
async function play(steps: readonly string[], off: Off = {}): Promise<string | undefined> {
  const c = client({}, { off })
  const server = new Server(c)
  const channel = c.channels.join('news')
  let fault: string | undefined
  let last: [epoch: number, offset: number] | undefined
  channel.onReset(() => (last = undefined))
  channel.on('said', (data) => {
    const [epoch, offset] = data
    if (last && (last[0] !== epoch || last[1] + 1 !== offset)) fault ??= `${last} then ${data}`
    last = data
  })
  c.line.open()
  await server.answer()
  last = [0, 0]
  for (const step of steps) {
    if (step === 'publish') server.publish(true)
    else if (step === 'lost') server.publish(false)
    else if (step === 'again') server.send(server.position[1])
    else if (step === 'late') server.send(server.position[1] - 1)
    else if (step === 'cut') server.cut()
    else if (step === 'evict') server.evict()
    else if (step === 'restart') server.restart()
    else if (step === 'gap') server.gap()
    else await server.answer()
  }
  for (let n = 0; n < 3; n++) {
    server.gap()
    for (let seconds = 0; seconds < 20; seconds++) {
      c.clock.advance(1000)
      c.line.say('pong')
    }
    await server.answer()
  }
  expect(channel.position).toEqual(server.position)
  if (last && `${last}` !== `${server.position}`) fault ??= `${last} is the last`
  return fault
}

describe('on a network that loses, repeats and cuts', () => {
  test('the application sees everything once and in order, or is told to begin anew', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        expect(await play(steps)).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })

  test.each<[Off, string[]]>([
    [{ gaps: true }, ['publish', 'lost', 'publish']],
    [{ wholes: true }, ['publish', 'cut', 'publish', 'evict', 'publish', 'answer', 'publish']],
  ])('which would show without the rule: %j', async (off, steps) => {
    expect(await play(steps)).toBeUndefined()
    expect(await play(steps, off)).toBeDefined()
  })
})
