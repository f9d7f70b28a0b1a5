import { StrictMode, act, createElement } from 'react'
import type { ReactNode } from 'react'
import { type Root, createRoot, hydrateRoot } from 'react-dom/client'
import { vi } from 'vitest'
import type { PathArgs } from '../../src/client/proxy.ts'
import type { Io, LineEvents } from '../../src/client/line.ts'
import { Room } from '../../src/client/room.ts'
import type { ClientSocket } from '../../src/client/typed.ts'
import type { ContractDef } from '../../src/contract.ts'
import type { Endpoint } from '../../src/react/index.ts'
import { TestClock } from '../../src/testing/clock.ts'
import { Dialled } from './line.ts'

/** A server in the hands of the test, and where it is. */
export interface Served<D extends ContractDef> {
  readonly endpoint: Endpoint<D, [args?: PathArgs]>
  readonly lines: Dialled[]
  readonly clock: TestClock
  /** The newest. */
  readonly line: Dialled
  /** Those that have not ended. */
  readonly live: Dialled[]
}

export function served<D extends ContractDef>(): Served<D> {
  const clock = new TestClock()
  clock.random = () => 0.5
  const lines: Dialled[] = []
  const lost = new Set<Dialled>()
  const io: Io = {
    timers: clock,
    dial(url, protocols, events) {
      const close: LineEvents['close'] = (...why) => {
        lost.add(line)
        events.close(...why)
      }
      const line = new Dialled(url, protocols, { ...events, close })
      lines.push(line)
      return line
    },
  }
  const open = ({ param: { room = '' } = {} }: PathArgs = {}): Room =>
    new Room(`ws://test/${room}`, {}, io)
  return {
    endpoint: { $ws: (args) => open(args) as unknown as ClientSocket<D> },
    lines,
    clock,
    get line() {
      return lines.at(-1)!
    },
    get live() {
      return lines.filter((line) => !line.closed && !lost.has(line))
    },
  }
}

/** A page that React renders. */
export class Page {
  readonly element: HTMLElement = document.createElement('div')
  readonly #isStrict: boolean
  #root: Root | undefined

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  }

  get text(): string | null {
    return this.element.textContent
  }

  /** As it has to be rendered. */
  wrap(node: ReactNode): ReactNode {
    return this.#isStrict ? createElement(StrictMode, null, node) : node
  }

  async show(node: ReactNode): Promise<void> {
    this.#root ??= createRoot(this.element, { onCaughtError() {}, onUncaughtError() {} })
    await act(() => this.#root!.render(this.wrap(node)))
  }

  /** Over what a server has rendered. */
  async hydrate(html: string, node: ReactNode): Promise<void> {
    this.element.innerHTML = html
    await act(() => {
      this.#root = hydrateRoot(this.element, this.wrap(node))
    })
  }

  async leave(): Promise<void> {
    await act(() => this.#root?.unmount())
    this.#root = undefined
  }
}

/** What happens on the network, and all that React makes of it. */
export const happens = (task: () => void): Promise<void> => act(async () => task())

/** The moment in which what nobody uses ends; timers of the platform are the test's. */
export const moment = (): Promise<void> => happens(() => vi.advanceTimersByTime(1))
