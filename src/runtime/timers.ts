import type { Timers } from './port.ts'

interface Timer {
  unref?(): void
}

/** The runtime's own timers; none of them keeps a process alive. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(ms, task) {
    const timer = setTimeout(task, ms) as unknown as Timer
    // A number on Deno and Cloudflare
    if (typeof timer === 'object') timer.unref?.()
    return () => clearTimeout(timer as unknown as number)
  },
  soon(task) {
    setTimeout(task, 0)
  },
  joins: 'later',
}

/**
 * Timers that share nothing. On Cloudflare a timer belongs to the request or the object that set it,
 * and must not touch the sockets of another.
 */
export function ownTimers(): Timers {
  return { ...systemTimers }
}
