import type { Answer } from '../raw/answer.ts'
import { readAnswer } from '../raw/answer.ts'
import { type UpgradeOptions, httpRequest, upgradeRequest } from '../raw/request.ts'
import { RawSocket, type RawSocketOptions } from '../raw/socket.ts'
import { dial, type Wire } from '../raw/wire.ts'
import { tcpLink } from './links.ts'
import { type Json, Session } from './session.ts'
import type { FetchInit, Link, OpenInit, Reply, Target } from './target.ts'

let rooms = 0

/** What one test has in its hands. What it opens is closed when the test ends. */
export class Scope {
  readonly target: Target
  /** A room that no other test uses. */
  readonly room: string
  readonly #open: { destroy(): void }[] = []

  constructor(target: Target) {
    this.target = target
    this.room = `r${Date.now().toString(36)}${(rooms++).toString(36)}`
  }

  /** A TCP connection. */
  async dial(): Promise<Wire> {
    return this.#keep(await dial(this.target.url))
  }

  /** Sends an opening handshake, valid unless spoilt, and reads the answer. */
  async handshake(
    target: string,
    options: UpgradeOptions = {},
    timeoutMs?: number,
  ): Promise<Answer> {
    const wire = await this.dial()
    wire.write(upgradeRequest(this.target.url, { target, ...options }))
    return readAnswer(wire, timeoutMs, options.method)
  }

  /** A raw socket on `target`: single frames, right or wrong. */
  async socket(
    target: string,
    options: UpgradeOptions & RawSocketOptions = {},
  ): Promise<RawSocket> {
    const wire = await this.dial()
    wire.write(upgradeRequest(this.target.url, { target, ...options }))
    const answer = await readAnswer(wire)
    if (answer.status !== 101) throw new Error(`refused with ${answer.status}: ${answer.body}`)
    return new RawSocket(wire, answer, options)
  }

  /** Tries to open a socket by whatever way the target has. */
  async link(path: string, init: OpenInit = {}): Promise<Link> {
    const open = this.target.open ?? tcpLink(this.target.url)
    return this.#keep(await open(path, init))
  }

  /** Opens the typed socket of this test's room, or the one at `path`. */
  async open(path = `/socket/${this.room}`, init: OpenInit = {}): Promise<Session> {
    const link = await this.link(path, init)
    if (link.status !== 101) throw new Error(`refused with ${link.status}: ${link.body}`)
    return new Session(link)
  }

  /** Asks over HTTP. */
  async fetch(path: string, init: FetchInit = {}): Promise<Reply> {
    if (this.target.fetch) return this.target.fetch(path, init)
    const wire = await this.dial()
    const length =
      init.body === undefined ? {} : { 'content-length': `${Buffer.byteLength(init.body)}` }
    const headers = { connection: 'close', ...length, ...init.headers }
    wire.write(httpRequest(this.target.url, { ...init, target: path, headers }))
    return readAnswer(wire, 5_000)
  }

  /** What the handlers of this test's room noted down, as soon as `ready` likes it. */
  async trace(
    ready: (notes: string[]) => boolean = () => true,
    timeoutMs = 3_000,
    room: string = this.room,
  ): Promise<string[]> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const notes: string[] = JSON.parse((await this.fetch(`/trace/${room}`)).body)
      if (ready(notes) || Date.now() > deadline) return notes
      await sleep(20)
    }
  }

  /** Fails unless the server still answers HTTP and serves a fresh socket. */
  async alive(): Promise<void> {
    const health = await this.fetch('/health')
    if (health.status !== 200) throw new Error(`/health answers ${health.status}`)
    const fresh = await this.open()
    fresh.request('echo', 1, { text: 'alive' })
    const reply: Json = await fresh.next()
    if (reply?.data?.text !== 'alive') throw new Error(`no echo: ${JSON.stringify(reply)}`)
    fresh.destroy()
  }

  end(): void {
    for (const one of this.#open) one.destroy()
  }

  #keep<T extends { destroy(): void }>(one: T): T {
    this.#open.push(one)
    return one
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
