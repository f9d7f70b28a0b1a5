import { byeFrame, eventFrame, welcomeFrame } from '../protocol/frame.ts'
import type { Snapshot, Transport } from '../runtime/port.ts'
import type { Call } from './call.ts'
import { receive } from './dispatch.ts'
import { beatOf } from './heartbeat.ts'
import { Lifecycle, Refused } from './lifecycle.ts'
import { Outbox } from './outbox.ts'
import type { Behaviour, ChannelPort, CloseInfo } from './routes.ts'
import { mustPass } from './schema.ts'
import { checkSize, toState } from './state.ts'

/**
 * One accepted socket that speaks the protocol: made once, the same object in every handler. What
 * outlives it is its snapshot.
 */
export class Connection extends Lifecycle {
  readonly env: unknown
  readonly behaviour: Behaviour
  readonly channels: ChannelPort
  /** Calls whose handler has not settled; made for the first of them. */
  running: Set<Call> | undefined
  /** How many of them are requests. */
  inFlight = 0
  readonly #outbox: Outbox

  constructor(
    transport: Transport,
    snapshot: Snapshot,
    env: unknown,
    behaviour: Behaviour,
    channels: ChannelPort,
  ) {
    super(transport, snapshot, channels.live)
    this.env = env
    this.behaviour = behaviour
    this.channels = channels
    this.#outbox = new Outbox(this, snapshot.protocol !== '')
  }

  setState(patch: object): void {
    const before = this.snapshot.state
    this.snapshot.state = toState({ ...(before as object), ...patch })
    try {
      this.persist()
    } catch (error) {
      this.snapshot.state = before
      throw error
    }
  }

  /** @throws {RangeError} if the snapshot is too large to be kept */
  persist(): void {
    checkSize(this.snapshot)
    this.transport.persist?.(this.snapshot)
  }

  send(event: string, data: unknown): void {
    const check = this.behaviour.events.get(event)
    if (!check) throw new TypeError(`Cannot send "${event}": the contract has no such event`)
    const checked = check(data)
    if (checked instanceof Promise) {
      checked.then(undefined, () => {})
      throw new TypeError(`Cannot send "${event}": give it a schema that validates synchronously`)
    }
    const passed = mustPass(checked, `send "${event}"`)
    if (!this.closed) this.write(eventFrame(event, passed))
  }

  join(channel: string, params: object, ask?: object): Promise<unknown> {
    const joined = this.channels.join(this, channel, params, ask)
    // A handler that does not await it must not leave a rejection to the process.
    joined.catch((error: unknown) => this.report(error, 'join'))
    return joined
  }

  channel(channel: string, params: object): unknown {
    return this.channels.channel(channel, params)
  }

  write(frame: string): void {
    if (this.closed) return
    // What was published before is read before.
    this.channels.flush()
    this.#outbox.write(frame)
  }

  protected override atOnce(data: string | Uint8Array): boolean {
    if (data === 'ping') this.#outbox.writeAlone('pong')
    return data === 'ping' || data === 'pong'
  }

  protected override get openTimeoutMs(): number {
    return this.behaviour.limits.openTimeoutMs
  }

  protected override opening(): unknown {
    if (this.snapshot.protocol !== '') {
      const { intervalMs: beat, timeoutMs: wait } = beatOf(this.snapshot.follows)
      const limits = { message: this.transport.limits.maxMessageBytes }
      const { features } = this.channels
      const resume = features.includes('presence') ? this.#secret() : undefined
      const more = this.following?.welcome
      const keys = this.behaviour.keys?.store.name
      this.write(welcomeFrame({ id: this.id, beat, wait, ...more, resume, keys, limits, features }))
    }
    return this.behaviour.open?.(this)
  }

  protected override handle(item: unknown): void {
    this.#outbox.begin()
    if (item instanceof Refused) receive(this, item.data, item.error)
    else receive(this, item)
    this.#outbox.end()
  }

  protected override get quiet(): boolean {
    return super.quiet && !this.running?.size
  }

  protected override bye(retry: readonly [number, number], why: string): void {
    this.write(byeFrame(why, retry))
  }

  #secret(): string {
    return (this.snapshot.secret ??= crypto.randomUUID().replaceAll('-', ''))
  }

  protected override closing(returns: boolean): void {
    this.channels.leaveAll(this, returns)
    this.#outbox.flush()
    for (const call of this.running ?? []) call.drop('connection lost')
  }

  protected override ending(info: CloseInfo): unknown {
    return this.behaviour.close?.(this, info)
  }
}
