import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Json, Session } from '../session.ts'

interface Guest {
  readonly socket: Session
  readonly id: string
  readonly resume: string
  /** The answer to the join. */
  readonly presence: Json
}

/** Who is on a channel: everyone is told the same, and nobody flickers. */
export function presence(kit: Kit): void {
  const { expect } = kit
  const on = kit.given(kit.can.channels, 'a socket belongs to its own request here')
  const { hibernatesAfterMs } = kit.can

  on.test('who comes is told who is there, and all are told who comes and goes', async (it) => {
    const ann = await guest(it, 'ann')
    expect(ann.presence.self).toBe(ann.id)
    const seen = new Roll(ann.presence)
    await seen.until(ann, (names) => names.includes('ann'))
    const bob = await guest(it, 'bob')
    expect(names(bob.presence.members)).toEqual(['ann'])
    await seen.until(ann, (all) => all.includes('bob'))
    const all = new Roll(bob.presence)
    await all.until(bob, (known) => known.includes('bob'))
    expect([seen.version, seen.members]).toEqual([all.version, all.members])
    bob.socket.close()
    await seen.until(ann, (left) => !left.includes('bob'))
    ann.socket.frame({ type: '$presence', id: 9, channel: `people/${it.room}` })
    const { data } = await ann.socket.find((frame) => frame.id === 9)
    expect(data).toEqual({ version: seen.version, members: seen.members, self: ann.id })
  })

  on.test('who has no name is on the channel, and seen by nobody', async (it) => {
    const ann = await guest(it, 'ann')
    const ghost = await guest(it, '')
    expect(ghost.presence.self).toBe(undefined)
    await it.open()
    const roll = new Roll(ann.presence)
    await roll.until(ann, (all) => all.includes('ann'))
    expect(names(roll.members)).toEqual(['ann'])
  })

  on.test('who leaves the channel is gone, and may come back', async (it) => {
    const [ann, bob] = [await guest(it, 'ann'), await guest(it, 'bob')]
    const roll = new Roll(ann.presence)
    await roll.until(ann, (all) => all.includes('bob'))
    bob.socket.frame({ type: '$leave', id: 2, channel: `people/${it.room}` })
    await roll.until(ann, (all) => !all.includes('bob'))
    bob.socket.frame({ type: '$join', id: 3, channel: `people/${it.room}` })
    await roll.until(ann, (all) => all.includes('bob'))
  })

  on.test(
    'who is cut off stays for a while; who comes back was never away',
    async (it) => {
      const ann = await guest(it, 'ann')
      const [bob, cy, di] = [await guest(it, 'bob'), await guest(it, 'cy'), await guest(it, 'di')]
      const roll = new Roll(ann.presence)
      await roll.until(ann, (all) => all.length === 4)
      const { version } = roll
      for (const each of [bob, cy]) each.socket.destroy()
      // Has heard nothing for too long, and comes back as well.
      di.socket.close(4201, 'no traffic')
      await sleep(1000)
      for (const [name, { id, resume }] of Object.entries({ bob, di })) {
        const again = await guest(it, name, { resume })
        expect(again.presence.self).toBe(id)
      }
      expect(await ann.socket.within(2000)).toEqual([])
      await roll.until(ann, (all) => !all.includes('cy'), 20_000)
      expect([roll.version, names(roll.members)]).toEqual([version + 1, ['ann', 'bob', 'di']])
    },
    40_000,
  )

  const sleepy = kit.given(hibernatesAfterMs !== undefined, 'no hibernation')
  const asleepMs = hibernatesAfterMs ?? 0
  sleepy.test(
    'a sleep changes nobody',
    async (it) => {
      const [ann, bob] = [await guest(it, 'ann'), await guest(it, 'bob')]
      const roll = new Roll(ann.presence)
      await roll.until(ann, (all) => all.includes('bob'))
      const { version } = roll
      await sleep(asleepMs)
      const cy = await guest(it, 'cy')
      expect([cy.presence.version, names(cy.presence.members)]).toEqual([version, ['ann', 'bob']])
      await roll.until(ann, (all) => all.includes('cy'))
      expect(roll.version).toBe(version + 1)
      bob.socket.close()
      await roll.until(ann, (all) => !all.includes('bob'))
    },
    asleepMs + 20_000,
  )

  async function guest(it: Scope, name: string, ask: object = {}): Promise<Guest> {
    const path = `/socket/${it.room}?name=${name}`
    const socket = await it.open(path, { protocols: ['denwa.v1.json'] })
    const { id, resume } = await socket.next()
    socket.frame({ type: '$join', id: 1, channel: `people/${it.room}`, ...ask })
    const { data, error } = await socket.find((frame) => frame.id === 1)
    expect(error).toBe(undefined)
    return { socket, id, resume, presence: data.presence }
  }

  /** What a client knows: a state, and what has changed of it since. */
  class Roll {
    version: number
    readonly members: Record<string, Json>

    constructor({ version, members }: Json) {
      this.version = version
      this.members = members
    }

    async until(
      { socket }: Guest,
      reached: (names: string[]) => boolean,
      timeoutMs = 3000,
    ): Promise<void> {
      while (!reached(names(this.members))) {
        const diff = await socket.find((frame) => frame.type === '$presence', timeoutMs)
        expect(diff.version).toBe(this.version + 1)
        this.version = diff.version
        Object.assign(this.members, diff.joined)
        for (const key of diff.left ?? []) delete this.members[key]
      }
    }
  }
}

function names(members: Record<string, Json>): string[] {
  return Object.values(members).map(({ name }) => name)
}
