import type { Channel } from '../../src/client/channel.ts'
import type { Position } from '../../src/client/subscription.ts'
import type { Page } from './page.ts'
import type { World } from './world.ts'

/** An application that reads one channel, and what has to be true of all that it hears. */
export class Reader {
  readonly channel: Channel
  readonly #world: World
  readonly #page: Page
  readonly #address: string
  readonly #last: number
  /** Up to where it has been told everything; none before there is a beginning. */
  held: Position | undefined
  /** Nothing was heard since the beginning: some of what was before may still be told. */
  #fresh = false
  #resets = 0
  #left = false
  /** Numbers of a channel without history. */
  #heard = new Set<number>()

  constructor(
    world: World,
    page: Page,
    channel: Channel,
    { since, last = 0 }: { since?: Position | undefined; last?: number },
  ) {
    this.#world = world
    this.#page = page
    this.channel = channel
    this.#address = channel.address
    this.#last = last
    this.held = since
    channel.on('said', (data) => this.#said(data))
    channel.onReset(() => this.#reset())
    channel.onStatus((status) => {
      if (status === 'left') this.#page.readers.delete(this.#address)
      if (status !== 'joined') return
      this.#page.wire?.tap?.heard(this.#address)
      if (!this.held) this.#begin()
    })
  }

  get forgets(): boolean {
    return this.#address.startsWith('tick')
  }

  #begin(): void {
    this.held = this.channel.position
    this.#fresh = true
    if (!this.held) {
      if (!this.forgets) this.#fail('has no position')
    } else if (!this.#world.log.isReal(this.#address, this.held)) {
      this.#fail(`begins at ${this.held}, which never was`)
    }
  }

  #reset(): void {
    this.#resets++
    const reasons = this.#page.unrecovered.get(this.#address) ?? 0
    if (this.#resets > reasons) this.#fail('is reset without a reason')
    this.#begin()
  }

  #said(data: { n: number }): void {
    const { log } = this.#world
    if (this.#left) this.#fail(`hears ${data.n} after it has left`)
    if (this.forgets) {
      this.#once(data.n)
      return
    }
    const position = this.channel.position
    const { held } = this
    if (!position || !held) return this.#fail(`hears ${data.n} before it has begun`)
    const [epoch, offset] = position
    const text = JSON.stringify({ type: 'said', data })
    const known = log.at(this.#address, epoch, offset)
    if (known !== text) this.#fail(`hears ${text} at ${position}, where ${known} was published`)
    const early = this.#fresh && offset > held[1] - this.#last && offset <= held[1]
    if (epoch !== held[0] || (offset !== held[1] + 1 && !early)) {
      this.#fail(`hears ${position} after ${held}`)
    }
    this.#fresh = false
    this.held = position
  }

  #once(n: number): void {
    if (this.#heard.has(n) && this.#world.exact) this.#fail(`hears ${n} twice`)
    this.#heard.add(n)
  }

  leave(): void {
    this.#left = true
    void this.channel.leave()
  }

  /** Nothing is wrong with the network any more, and time has passed. */
  settled(top: Position | undefined): void {
    if (this.channel.status !== 'joined') return this.#fail(`is ${this.channel.status}`)
    const { held } = this
    const { position } = this.channel
    if (this.forgets) return
    if (String(held) !== String(top)) this.#fail(`has heard up to ${held} of ${top}`)
    if (String(position) !== String(top)) this.#fail(`is at ${position} of ${top}`)
  }

  /** The same, for who is there. */
  knows(present: readonly string[]): void {
    if (!this.#address.startsWith('room')) return
    const { members, count } = this.channel.presence
    const known = Array.from(members.values(), (meta) => (meta as { client: string }).client)
    if (String(known.sort()) !== String(present.toSorted()) || count !== present.length) {
      this.#fail(`sees ${known} of ${present}, and ${count}`)
    }
  }

  #fail(what: string): void {
    this.#page.fail(`on ${this.#address} ${what}`)
  }
}
