import type { Broker, Member, Members } from '../../src/broker/port.ts'
import { TestClock } from '../../src/testing/clock.ts'

/** A clock whose turn ends when it is moved on, even by nothing; it counts what waits on it. */
export class TurnClock extends TestClock {
  waiting = 0

  override after(ms: number, task: () => void): () => void {
    this.waiting++
    const cancel = super.after(ms, () => {
      this.waiting--
      task()
    })
    return () => {
      if (cancel() as unknown) this.waiting--
    }
  }

  override soon(task: () => void): void {
    this.after(0, task)
  }
}

function unused(): never {
  throw new Error('not part of presence')
}

/** What a broker keeps of one channel's members. */
export class StoredMembers {
  version = 0
  readonly members = new Map<string, Member>()
  /** What is done instead of the next calls. */
  readonly failures: (() => any)[] = []
  readonly calls: string[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** For one process; what it announces is heard by `others`. */
  broker(
    local: boolean,
    others: { entered(member: Member): void; exited(key: string): void },
  ): Broker {
    const does = (call: string, act: () => void): any => {
      this.calls.push(call)
      const failure = this.failures.shift()
      return failure ? failure() : act()
    }
    return {
      local,
      now: this.#now,
      publish: unused,
      read: unused,
      subscribe: unused,
      enter: (_, member) =>
        does(`enter ${member.key}`, () => {
          this.members.set(member.key, member)
          others.entered(member)
        }),
      exit: (_, key) =>
        does(`exit ${key}`, () => {
          this.members.delete(key)
          others.exited(key)
        }),
      members: () => this.read(),
      announced: (_, version) => void (this.version = version),
    }
  }

  read(): Members {
    return { version: this.version, members: [...this.members.values()] }
  }
}

export const NOBODY_ELSE = { entered(): void {}, exited(): void {} }

interface Diff {
  readonly version: number
  readonly joined?: Record<string, unknown>
  readonly left?: readonly string[]
  readonly count?: number
}

/** A client that knows who is on a channel by a state and what follows. */
export class Watcher {
  version: number
  count: number
  self: string | undefined
  readonly members: Map<string, unknown>
  readonly diffs: Diff[] = []

  constructor(state: string) {
    const { version, members, count, self } = JSON.parse(state)
    this.version = version
    this.members = new Map(Object.entries(members))
    this.count = count ?? this.members.size
    this.self = self
  }

  /** @throws {Error} if it cannot follow */
  hear(frame: string): void {
    const diff: Diff = JSON.parse(frame)
    if (diff.version !== this.version + 1) {
      throw new Error(`version ${diff.version} after ${this.version}`)
    }
    this.diffs.push(diff)
    this.version = diff.version
    for (const key of diff.left ?? []) {
      if (!this.members.delete(key)) throw new Error(`${key} has left and was not there`)
    }
    for (const [key, meta] of Object.entries(diff.joined ?? {})) {
      if (this.members.get(key) === meta) throw new Error(`${key} has joined and was there`)
      this.members.set(key, meta)
    }
    this.count = diff.count ?? this.members.size
  }
}
