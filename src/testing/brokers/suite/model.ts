import type { Keep, Page, Range } from '../../../broker/port.ts'
import type { Bench, BrokerKit } from '../kit.ts'

const KEEP: Keep = { size: 12, maxAgeMs: 400, maxBytes: 80 }
const STEPS = 400
const CHANNELS = ['a', 'b', 'c']

interface Said {
  readonly offset: number
  readonly body: string
  readonly at: number
}

/** Does what a broker has to do, in the plainest way. */
class Model {
  now = 0
  readonly #said = new Map<string, Said[]>()
  readonly #top = new Map<string, number>()

  publish(channel: string, body: string): number {
    const offset = this.top(channel) + 1
    this.#top.set(channel, offset)
    const said = [...(this.#said.get(channel) ?? []), { offset, body, at: this.now }]
    this.#said.set(channel, said)
    this.#trim(channel)
    return offset
  }

  top(channel: string): number {
    return this.#top.get(channel) ?? 0
  }

  read(channel: string, epoch: string, { since, last = 0, maxCount, maxBytes }: Range): Page {
    const kept = this.#trim(channel)
    const position = [epoch, this.top(channel)] as const
    const page = (said: Said[]): Page => ({
      position,
      publications: said.map(({ offset, body }) => ({ event: 'said', body, offset })),
    })
    if (!since) return page(newest(kept, Math.min(last, maxCount), maxBytes))
    const wanted = position[1] - since[1]
    if (wanted < 0) return { ...page([]), missing: 'epoch' }
    if (wanted > kept.length) return { ...page([]), missing: 'evicted' }
    const fitting = newest(kept, Math.min(wanted, maxCount), maxBytes)
    return fitting.length < wanted ? { ...page([]), missing: 'too_many' } : page(fitting)
  }

  #trim(channel: string): Said[] {
    const young = (this.#said.get(channel) ?? []).filter(({ at }) => at > this.now - KEEP.maxAgeMs)
    const kept = newest(young, KEEP.size, KEEP.maxBytes)
    this.#said.set(channel, kept)
    return kept
  }
}

function newest(said: Said[], count: number, bytes: number): Said[] {
  let from = said.length
  let left = bytes
  while (from > 0 && said.length - from < count) {
    left -= said[from - 1]!.body.length
    if (left < 0) break
    from--
  }
  return said.slice(from)
}

/** Any steps lead where they lead in a broker that is plain enough to be right. */
export function model({ expect, can, given }: BrokerKit): void {
  const { test } = given(can.bounds === 'exact', 'bounds hold only about').given(
    can.clock,
    'time cannot be moved',
  )
  for (let seed = 1; seed <= 5; seed++) {
    test(`any steps, seed ${seed}`, async (it) => {
      const below = randomOf(seed)
      const known = new Model()
      const epochs = new Map<string, string>()
      for (const channel of CHANNELS) {
        epochs.set(channel, (await it.read(channel, {}, KEEP)).position[0])
      }
      for (let step = 0; step < STEPS; step++) await take(it, known, epochs, below)
    })
  }

  async function take(
    it: Bench,
    known: Model,
    epochs: Map<string, string>,
    below: (limit: number) => number,
  ): Promise<void> {
    const channel = CHANNELS[below(CHANNELS.length)] as string
    const epoch = epochs.get(channel) as string
    const dice = below(20)
    if (dice < 8) {
      const body = 'x'.repeat(below(dice === 0 ? 100 : 12))
      const position = await it.say(channel, body, KEEP)
      expect(position).toEqual([epoch, known.publish(channel, body)])
    } else if (dice < 11) {
      const ms = below(60)
      known.now += ms
      await it.pass(ms)
    } else if (dice === 11) {
      if (can.durable) await it.restart()
    } else {
      const at = Math.max(0, known.top(channel) + 1 - below(15))
      const asked: Partial<Range> = dice < 16 ? { last: below(15) } : { since: [epoch, at] }
      const range = { ...asked, maxCount: below(15), maxBytes: below(100) }
      expect(await it.read(channel, range, KEEP)).toEqual(known.read(channel, epoch, range))
    }
  }
}

/** The same numbers for the same seed. */
function randomOf(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}
