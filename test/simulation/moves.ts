import fc from 'fast-check'
import type { Page } from './page.ts'
import type { View } from './view.ts'
import type { Handshake, World } from './world.ts'

/** What happens, after how many milliseconds, to whom, and two numbers that say how. */
export type Move = readonly [name: MoveName, afterMs: number, who: number, n: number, ms: number]

type Act = (world: World, who: number, n: number, ms: number) => void

/** The channel that keeps much. */
const LOG = 2

/** Codes with which a server may close. */
const CODES = [1000, 1001, 1011, 1012, 1013, 4000, 4003, 4009, 4200, 4202, 4210, 4300, 4500]

const HANDSHAKES: readonly Handshake[] = [
  ...(['refused', 'reset', 'unheard', 'silence'] as const),
  ...[{ close: 1013 }, { close: 4003 }, { close: 4200 }, { close: 1011 }],
]

/** By name, how likely it is, and what it does. */
const MOVES = {
  publish: [16, on((world, who, n) => publish(world, who, n, 1))],
  burst: [3, on((world, who, n, ms) => publish(world, who, n, 2 + (ms % 30)))],
  // More than is recovered at once.
  many: [1, on((world, who) => publish(world, who, LOG, 300))],
  // More than may wait for a client.
  flood: [
    3,
    onWire((page, n, ms, world) => {
      page.wire!.down.stall(Math.min(ms, 20_000))
      publish(world, n, n, 20 + (ms % 40), 'x'.repeat(ms % 200))
    }),
  ],
  join: [
    10,
    onPage((page, world, n, ms) => page.join(world.channel(n), ms % 3 ? {} : { last: ms % 7 })),
  ],
  leave: [3, onPage((page, world, n) => page.leave(world.channel(n)))],
  say: [
    6,
    onPage((page, world, n, ms) => {
      say(page, world, n, n % 2 === 0, n % 5 === 0 ? 1 + ms : 10_000)
    }),
  ],
  // And then its answer is lost, or its server.
  ask: [
    5,
    onWire((page, n, ms, world) => {
      say(page, world, n, true)
      world.clock.after(Math.min(ms, 500), () => {
        if (n % 3 === 0) hostOf(world, n)?.kill(undefined, n % 2 === 0)
        else if (page.wire!.held) page.wire!.cut(20, late(n, ms))
      })
    }),
  ],
  count: [2, onPage((page, _, n, ms) => void page.count(n, n % 2 ? n : ms % 40, n % 4 === 0))],
  cut: [6, onWire((page, n, ms) => page.wire!.cut(late(n, ms), late(n >> 2, ms)))],
  hole: [
    2,
    onWire((page, n) => {
      if (n % 3 !== 0) page.wire!.up.kill()
      if (n % 3 !== 1) page.wire!.down.kill()
    }),
  ],
  stall: [
    3,
    onWire((page, n, ms) => (n % 2 ? page.wire!.up : page.wire!.down).stall(Math.min(ms, 20_000))),
  ],
  lose: [1, onPage((page, world) => mangle(world, page, 'lose'))],
  lie: [2, onPage((page, world) => mangle(world, page, 'lie'))],
  close: [
    2,
    on((world, who, n) => {
      const page = pageOf(world, who)
      const host = hostOf(world, who)
      const code = CODES[n % CODES.length]!
      if (page && host) void host.disconnect(page.name, code)
    }),
  ],
  handshake: [
    3,
    onPage((page, world, n) => {
      world.handshakes.set(page.name, HANDSHAKES[n % HANDSHAKES.length]!)
    }),
  ],
  kill: [
    2,
    on((world, who, n, ms) => {
      hostOf(world, who)?.kill(n % 3 === 0 ? undefined : n % 12, n % 2 === 0)
      world.downMs = ms
    }),
  ],
  drain: [
    1,
    on((world, who, n, ms) => {
      void hostOf(world, who)?.drain(n * 20)
      world.downMs = ms
    }),
  ],
  reload: [
    3,
    onPage((page, world, n) => {
      const positions = n % 3 === 0 ? {} : page.channels.positions()
      const addresses = [...page.readers.keys()]
      if (n % 2 === 0) page.vanish()
      else page.close()
      const next = world.open()
      for (const address of addresses) next.join(address, { since: positions[address] })
    }),
  ],
  tab: [
    1,
    onPage((page, world) => {
      if (world.pages.length > 6) return
      const next = world.open()
      for (const [address, since] of Object.entries(page.channels.positions())) {
        next.join(address, { since })
      }
    }),
  ],
  check: [1, onPage((page) => page.socket.check())],
  ban: [1, onPage((page, world, n) => void world.ban(page.name, world.channel(n)))],
  pardon: [1, onPage((page, world, n) => world.pardon(page.name, world.channel(n)))],
  wait: [2, () => {}],
  trouble: [
    4,
    onView((view, n, ms, world) => {
      world.calm = false
      const rate = (ms % 10) / 10
      view.trouble = {
        fails: n & 1 ? rate / 3 : 0,
        loses: n & 2 ? rate : 0,
        repeats: n & 4 ? rate : 0,
        reorders: n & 8 ? rate : 0,
      }
    }),
  ],
  cutOff: [
    1,
    onView((view, _, __, world) => {
      world.calm = false
      view.cutOff = true
    }),
  ],
  heal: [2, onView((view) => view.heal())],
  loseStore: [
    1,
    on((world) => {
      world.calm = false
      world.store?.lose()
    }),
  ],
  sleep: [3, on((world, who) => hostOf(world, who)?.sleep?.())],
} as const satisfies Record<string, readonly [number, Act]>

export type MoveName = keyof typeof MOVES

function on(act: Act): Act {
  return act
}

function onPage(act: (page: Page, world: World, n: number, ms: number) => void): Act {
  return (world, who, n, ms) => {
    const page = pageOf(world, who)
    if (page) act(page, world, n, ms)
  }
}

function onWire(act: (page: Page, n: number, ms: number, world: World) => void): Act {
  return onPage((page, world, n, ms) => {
    if (page.wire?.held) act(page, n, ms, world)
  })
}

function onView(act: (view: View, n: number, ms: number, world: World) => void): Act {
  return (world, who, n, ms) => {
    const views = [...world.views.values()]
    if (views.length > 0) act(views[who % views.length]!, n, ms, world)
  }
}

function pageOf(world: World, who: number): Page | undefined {
  const pages = world.pages.filter(({ gone }) => !gone)
  return pages[who % pages.length]
}

function hostOf({ hosts }: World, who: number): World['hosts'][number] | undefined {
  return hosts[who % hosts.length]
}

function say(page: Page, world: World, n: number, hasKey: boolean, timeoutMs = 10_000): void {
  const number = world.number()
  const key = hasKey ? `key of request ${number}` : undefined
  page.say(world.channel(n), number, { timeoutMs, ...(key && { key }) })
}

function publish(world: World, who: number, n: number, count: number, pad?: string): void {
  for (let i = 0; i < count; i++) {
    // It may fail with the store: nobody is told.
    hostOf(world, who)
      ?.publish(world.channel(n), { n: world.number(), ...(pad && { pad }) })
      .catch(() => {})
  }
}

/** When a side learns of a loss. */
function late(n: number, ms: number): number | undefined {
  return [0, ms, undefined, 20][n % 4]
}

function mangle(world: World, page: Page, how: 'lose' | 'lie'): void {
  page.mangle.how = how
  world.mangled = true
}

const names = Object.entries(MOVES).flatMap(([name, [weight]]) =>
  Array.from({ length: weight }, () => name as MoveName),
)

const duration = fc.oneof(
  { weight: 5, arbitrary: fc.nat(200) },
  { weight: 3, arbitrary: fc.nat(5000) },
  { weight: 1, arbitrary: fc.nat(70_000) },
)

/** Anything that may happen to a network. */
export const anyMoves: fc.Arbitrary<Move[]> = fc.array(
  fc.tuple(fc.constantFrom(...names), duration, fc.nat(5), fc.nat(60), duration),
  { minLength: 1, maxLength: 60, size: 'max' },
)

export function act(world: World, [name, , who, n, ms]: Move): void {
  ;(MOVES[name][1] as Act)(world, who, n, ms)
}
