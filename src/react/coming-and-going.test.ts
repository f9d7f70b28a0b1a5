// @vitest-environment happy-dom
import fc from 'fast-check'
import { createElement as h } from 'react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { Dialled } from '../../test/support/line.ts'
import { Page, happens, moment, served } from '../../test/support/page.ts'
import { useChannel, useSocket } from './index.ts'

const def = { channels: { 'room/:room': { events: { said: z.number() } } } }

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Some components, and the server that they talk to. */
class World {
  readonly #server = served<typeof def>()
  readonly #page: Page
  readonly #opened = new WeakSet<Dialled>()
  /** Channels on which the server has put the client. */
  #on = new Set<string>()
  /** The room in which each component is, or none if it is not there. */
  #rooms: readonly string[] = []
  #keys = 0
  #said = 0
  #heard: string[] = []

  readonly #Room = ({ index, room }: { index: number; room: string }): ReactNode => {
    const said = (n: number): void => void this.#heard.push(`${index} in ${room} hears ${n}`)
    useChannel(useSocket(this.#server.endpoint), 'room/:room', { room }, { on: { said } })
    return null
  }

  constructor(isStrict: boolean) {
    this.#page = new Page(isStrict)
  }

  /** Shows components in these rooms: the same as before, or others in their place. */
  async show(rooms: readonly string[], isAnew: boolean): Promise<void> {
    if (isAnew) this.#keys++
    this.#rooms = rooms
    const components = rooms.map(
      (room, index) => room && h(this.#Room, { key: `${index} ${this.#keys}`, index, room }),
    )
    await this.#page.show(components)
    expect(this.#server.live.length).toBeLessThanOrEqual(1)
  }

  /** Something is said in a room: all who are there hear it, once. */
  async say(room: string): Promise<void> {
    await this.settle()
    const data = ++this.#said
    this.#heard = []
    await happens(() => {
      if (this.#on.has(`room/${room}`)) {
        this.#server.line.say({ channel: `room/${room}`, type: 'said', data })
      }
    })
    const there = this.#rooms.flatMap((name, index) =>
      name === room ? `${index} in ${room} hears ${data}` : [],
    )
    expect(this.#heard).toEqual(expect.arrayContaining(there))
    expect(this.#heard).toHaveLength(there.length)
  }

  async lose(): Promise<void> {
    const [line] = this.#server.live
    if (line) await happens(() => line.lose())
  }

  /** The server answers what it was asked. */
  async answer(): Promise<void> {
    const [line] = this.#server.live
    if (!line) return
    if (!this.#opened.has(line)) {
      this.#opened.add(line)
      this.#on = new Set()
      await happens(() => line.open())
    }
    const frames = await line.heard()
    await happens(() => {
      for (const { id, type, channel } of frames) {
        if (type === '$join') this.#on.add(channel)
        else if (type === '$leave') this.#on.delete(channel)
        if (id) line.say({ id, data: {} })
      }
    })
  }

  /** All that was to be done is done, and what is used is there: no more, no less. */
  async settle(): Promise<void> {
    await moment()
    const used = new Set(this.#rooms.flatMap((name) => (name ? `room/${name}` : [])))
    for (let tries = 0; used.size > 0 && !this.#server.live.length; tries++) {
      expect(tries).toBeLessThan(60)
      await happens(() => this.#server.clock.advance(1000))
    }
    await this.answer()
    expect(this.#server.live).toHaveLength(used.size > 0 ? 1 : 0)
    if (used.size > 0) expect(this.#on).toEqual(used)
  }

  async leave(): Promise<void> {
    this.#rooms = []
    await this.#page.leave()
    await this.settle()
  }
}

type Step = (world: World) => Promise<void>
const room = fc.constantFrom('', 'a', 'b', 'c')
const rooms = fc.array(room, { minLength: 4, maxLength: 4 })
const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  {
    weight: 5,
    arbitrary: fc.tuple(rooms, fc.boolean()).map(
      ([to, isAnew]) =>
        (w) =>
          w.show(to, isAnew),
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom('a', 'b').map((name) => (w) => w.say(name)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>(
      (w) => w.lose(),
      (w) => w.answer(),
      () => moment(),
      (w) => w.settle(),
    ),
  },
)

test.each([
  ['StrictMode', true],
  ['no StrictMode', false],
])('what is used is open, and no more, whoever comes and goes, with %s', async (_, isStrict) => {
  const stories = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    const world = new World(isStrict)
    for (const each of steps) await each(world)
    await world.leave()
  })
  await fc.assert(stories, { numRuns: 100 })
})
