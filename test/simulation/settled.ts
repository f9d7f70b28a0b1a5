import type { World } from './world.ts'

/** Longer than it takes to find that a peer is silent, to come back, and to find what was lost. */
const QUIET_MS = 200_000
/** A client that was told that there is too much to do waits for as long. */
const SLOW_MS = 330_000
/** Who has come back since may not be known to all. */
const JUST_MS = 60_000
/** Longer than members outlive a process that was killed. */
const ALONE_MS = 90_000

/** Nothing goes wrong any more, and time passes: what has to be true then. */
export async function settled(world: World): Promise<void> {
  if (world.failures.length > 0) return
  await world.heal()
  await world.clock.run(QUIET_MS)
  const isAway = ({ socket, gone, over, dials }: World['pages'][number]): boolean =>
    !gone && !over && (socket.status !== 'open' || world.clock.now - dials.at(-1)! < JUST_MS)
  if (world.pages.some(isAway)) await world.clock.run(SLOW_MS)
  // An object that sleeps looks for clients that have vanished when something wakes it.
  if (world.kind === 'durable') {
    world.pages.find(({ gone, over }) => !gone && !over)?.say('tick/a', world.number(), {})
    await world.clock.run(30_000)
  }
  if (world.failures.length > 0) return
  for (const page of world.pages) {
    if (page.gone) continue
    const { socket, over } = page
    if (over ? socket.status !== 'closed' : socket.status !== 'open') {
      page.fail(`is ${socket.status}${over ? ` after ${over}` : ''}`)
    }
    if (page.pending.size > 0) page.fail(`waits for ${[...page.pending]}`)
    if (over) continue
    for (const [address, reader] of page.readers) {
      reader.settled(world.top(address))
      reader.knows(presentOn(world, address))
    }
    for (const [n, count] of world.effects) {
      const times = page.sent.times(n)
      if (times > 0 && count > times)
        page.fail(`has said ${n} ${times} times, with ${count} effects`)
    }
  }
}

/** All have left, and some time has passed: servers and what they share hold nothing for them. */
export async function deserted(world: World): Promise<void> {
  const { store, pages, clock } = world
  if (!store) return
  for (const page of pages) if (!page.gone && !page.over) page.close()
  await clock.run(ALONE_MS)
  if (store.left > 0) world.fail(`${store.left} members or listeners are left, and nobody is there`)
}

/** Who has to be known to be there. */
function presentOn(world: World, address: string): string[] {
  return world.pages
    .filter(({ gone, over, readers }) => !gone && !over && readers.has(address))
    .map(({ name }) => name)
}
