interface Watched {
  readonly presence: { list(): Promise<readonly unknown[]> }
}

const LOOK_MS = 2_000
const stops = new Map<string, () => void>()

/**
 * Does something again and again while anybody is on a channel. Call it as each one joins: a Durable Object
 * that was away has lost its timers, and sleeps again when this is over.
 */
export function whileWatched(
  address: string,
  channel: Watched,
  everyMs: number,
  task: () => unknown,
): void {
  stops.get(address)?.()
  const work = setInterval(task, everyMs)
  const look = setInterval(async () => {
    const there = await channel.presence.list().catch(() => undefined)
    if (there?.length === 0) stop()
  }, LOOK_MS)
  const stop = (): void => {
    clearInterval(work)
    clearInterval(look)
    if (stops.get(address) === stop) stops.delete(address)
  }
  stops.set(address, stop)
}
