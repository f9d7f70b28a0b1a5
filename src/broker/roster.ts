import type { Member } from './port.ts'

/** Who is on which channel, in the memory of the process. */
export class Roster {
  readonly #channels = new Map<string, Map<string, Member>>()

  enter(channel: string, member: Member): void {
    const members = this.#channels.get(channel)
    if (members) members.set(member.key, member)
    else this.#channels.set(channel, new Map([[member.key, member]]))
  }

  exit(channel: string, key: string): void {
    const members = this.#channels.get(channel)
    if (members?.delete(key) && members.size === 0) this.#channels.delete(channel)
  }

  of(channel: string): Member[] {
    return [...(this.#channels.get(channel)?.values() ?? [])]
  }
}
