import type { RawSocket } from '../../src/testing/raw-client.ts'
import type { Scope } from '../../src/testing/conformance/scope.ts'
import type { RuntimeName } from '../../tools/launch.ts'

/** What happened. */
export interface Outcome {
  /** What the client saw. */
  readonly client: string
  /** What the close handler was told: the code, and whether it was clean. */
  readonly told?: string
  /** How long it took. */
  readonly ms: number
  /** What the process kept, in bytes. */
  readonly grown?: number
}

/** What is documented. */
export interface Expected {
  readonly client: string | readonly string[]
  readonly told?: string
  readonly withinMs: number
  readonly grownMiB?: number
}

/** What goes wrong, to a live server. */
export interface Fault {
  readonly name: string
  /** Only waits, so that several may at once. */
  readonly waits?: boolean
  happen(it: Scope, pid: number, runtime: RuntimeName): Promise<Outcome>
  /** On every runtime, but for those that cannot, and why. */
  readonly expected: Expected
  readonly gaps?: readonly Gap[]
}

export interface Gap extends Partial<Expected> {
  readonly runtimes: readonly RuntimeName[]
  readonly because: string
}

export const PROTOCOL = { protocols: ['denwa.v1.json'] }

/** The first note of a close handler, and when. */
export async function told(
  it: Scope,
  room: string,
  since: number,
  timeoutMs: number,
): Promise<{ told: string; ms: number }> {
  const closes = (notes: string[]): string[] => notes.filter((note) => note.startsWith('close '))
  const notes = await it.trace((all) => closes(all).length > 0, timeoutMs, room)
  const ms = Date.now() - since
  const [, code, clean] = (closes(notes)[0] ?? '').split(' ')
  return {
    told: code === undefined ? 'nothing' : `${code} ${clean === 'true' ? 'clean' : 'unclean'}`,
    ms,
  }
}

export async function codeOf(socket: RawSocket, timeoutMs: number): Promise<string> {
  return socket.closed(timeoutMs).then(
    ({ code }) => String(code),
    () => 'open',
  )
}
