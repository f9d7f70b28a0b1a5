import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export const MiB: number = 1024 * 1024

/** What the process holds in memory, once it has calmed down. */
export async function resident(pid: number, looks = 5): Promise<number> {
  let least = Infinity
  for (let i = 0; i < looks; i++) {
    await sleep(100)
    const [, kB] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))!
    least = Math.min(least, Number(kB) * 1024)
  }
  return least
}

/**
 * What an attack makes the process keep, in bytes: the least of some tries. The first ones warm it up, and
 * garbage may wait for its collection; what is kept is kept each time.
 */
export async function growth(
  pid: number,
  attack: () => Promise<unknown>,
  tries: number,
): Promise<number> {
  let least = Infinity
  for (let i = 0; i < tries; i++) {
    const before = await resident(pid, 3)
    await attack()
    least = Math.min(least, (await resident(pid, 3)) - before)
  }
  return Math.max(least, 0)
}
