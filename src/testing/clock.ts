import type { Timers } from '../runtime/port.ts'

interface Alarm {
  readonly at: number
  readonly task: () => void
}

/** Time that stands still until it is moved. */
export class TestClock implements Timers {
  readonly joins = 'turn'
  #now = 0
  readonly #alarms = new Set<Alarm>()

  now(): number {
    return this.#now
  }

  /** Always the middle. */
  random(): number {
    return 0.5
  }

  after(ms: number, task: () => void): () => void {
    const alarm = { at: this.#now + ms, task }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  soon(task: () => void): void {
    queueMicrotask(task)
  }

  /** Moves time on by `ms`, running what falls due in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#alarms.delete(due)
      this.#now = Math.max(this.#now, due.at)
      due.task()
    }
    this.#now = end
  }
}
