// @vitest-environment happy-dom
import { Component, Suspense, createElement as h, startTransition } from 'react'
import { useLayoutEffect, useState } from 'react'
import * as react from 'react'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Page, happens, moment, served } from '../../test/support/page.ts'
import type { ClientSocket } from '../client/typed.ts'
import { type UseSocketOptions, useSocket, useStatus } from './index.ts'

const def = { messages: { hello: z.string() }, events: { notice: z.string(), other: z.string() } }
type Def = typeof def
type Socket = ClientSocket<Def> | undefined

let server = served<Def>()
beforeEach(() => {
  server = served()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => void vi.useRealTimers())

interface Props extends UseSocketOptions<Def> {
  room?: string
  idle?: boolean
  seen?: (socket: Socket) => void
}

/** Shows the state of its socket. */
function Line({ room = '1', idle = false, seen, ...options }: Props): ReactNode {
  const socket = useSocket(idle ? undefined : server.endpoint, { param: { room } }, options)
  seen?.(socket)
  const { status, why } = useStatus(socket)
  return `${room} ${status}${why ? ` ${why.code}` : ''};`
}

const never = new Promise<never>(() => {})
/** The way that every React knows. */
function suspend(): never {
  throw never
}

const isOld = react.version < '19'

const urls = (): string[] => server.lines.map(({ url }) => url)
const live = (): string[] => server.live.map(({ url }) => url)

describe.each([
  ['StrictMode', true],
  ['no StrictMode', false],
])('with %s', (_, isStrict) => {
  let page: Page
  beforeEach(() => {
    page = new Page(isStrict)
  })
  afterEach(() => page.leave())

  describe('a socket', () => {
    test('is opened once, and closed a moment after its component', async () => {
      await page.show(h(Line))
      expect([page.text, urls()]).toEqual(['1 connecting;', ['ws://test/1']])
      await happens(() => server.line.open())
      await moment()
      expect([page.text, live()]).toEqual(['1 open;', ['ws://test/1']])
      await page.show(null)
      expect(server.line.closed).toBeUndefined()
      await moment()
      expect(server.line.closed).toEqual([1000, ''])
      expect(server.lines).toHaveLength(1)
    })

    test('that was closed is not seen by the next component', async () => {
      const sockets: Socket[] = []
      const line = h(Line, { seen: (socket) => void sockets.push(socket) })
      await page.show(line)
      const [first] = sockets.splice(0).slice(-1)
      await page.show(null)
      await moment()
      await page.show(line)
      expect(sockets[0]).toBeUndefined()
      expect(sockets).not.toContain(first)
    })

    test('is shared, also by components that come later, and ends with the last', async () => {
      const sockets: Socket[] = []
      const seen = (socket: Socket): void => void sockets.push(socket)
      await page.show([h(Line, { key: 1, seen }), h(Line, { key: 2, seen })])
      await happens(() => server.line.open())
      await page.show([h(Line, { key: 2, seen }), h(Line, { key: 3, seen })])
      await moment()
      expect([page.text, urls()]).toEqual(['1 open;1 open;', ['ws://test/1']])
      expect(new Set(sockets).size).toBe(2)
      await page.show([h(Line, { key: 3, seen })])
      await moment()
      expect(live()).toHaveLength(1)
      await page.show([])
      await moment()
      expect(live()).toEqual([])
    })

    test('is the same for arguments that say the same, and another one for others', async () => {
      function Two({ args }: { args: object }): ReactNode {
        useSocket(server.endpoint, args)
        return null
      }
      const args = [{ param: { room: '1', x: 'y' } }, { param: { x: 'y', room: '1' } }, {}]
      await page.show(args.map((args, key) => h(Two, { key, args })))
      expect(urls()).toEqual(['ws://test/1', 'ws://test/'])
    })

    test('of other arguments takes the place of the first, and no render has the wrong one', async () => {
      const sockets: [string, Socket][] = []
      const line = (room: string): ReactNode =>
        h(Line, { room, seen: (socket) => void sockets.push([room, socket]) })
      await page.show(line('1'))
      await page.show(line('2'))
      await moment()
      expect([live(), urls()]).toEqual([['ws://test/2'], ['ws://test/1', 'ws://test/2']])
      const of = (...rooms: string[]): number =>
        new Set(sockets.flatMap(([room, socket]) => (rooms.includes(room) && socket) || [])).size
      expect([of('1'), of('2'), of('1', '2')]).toEqual([1, 1, 2])
    })

    test('stays with a component that takes the place of another', async () => {
      for (const key of ['a', 'b', 'c']) {
        await page.show(h(Line, { key }))
        await moment()
      }
      expect(urls()).toEqual(['ws://test/1'])
    })

    test('is none as long as there is no endpoint', async () => {
      await page.show(h(Line, { idle: true }))
      expect([page.text, urls()]).toEqual(['1 undefined;', []])
      await page.show(h(Line))
      expect([page.text, urls()]).toEqual(['1 connecting;', ['ws://test/1']])
      await page.show(h(Line, { idle: true }))
      await moment()
      expect([page.text, live()]).toEqual(['1 undefined;', []])
    })

    test('is opened by no render that is thrown away', async () => {
      function Stuck(): ReactNode {
        useSocket(server.endpoint)
        return suspend()
      }
      let go: (isStuck: boolean) => void
      function Page(): ReactNode {
        const [isStuck, set] = useState(false)
        go = set
        return h(Suspense, { fallback: 'wait' }, isStuck ? h(Stuck) : 'first')
      }
      await page.show(h(Page))
      await happens(() => startTransition(() => go(true)))
      expect(page.text).toBe('first')
      await happens(() => go(true))
      expect(page.text).toBe('wait')
      await page.leave()
      expect(urls()).toEqual([])
    })

    test('stays while its component is suspended, and is closed if that is then left', async () => {
      const notices: string[] = []
      let go: (isStuck: boolean) => void
      function Stuck(): ReactNode {
        const [isStuck, set] = useState(false)
        go = set
        useSocket(server.endpoint, {}, { on: { notice: (text) => void notices.push(text) } })
        return isStuck ? suspend() : 'here'
      }
      await page.show(h(Suspense, { fallback: 'wait' }, h(Stuck)))
      await happens(() => server.line.open())
      await happens(() => go(true))
      await moment()
      expect(live()).toHaveLength(1)
      await happens(() => server.line.say({ type: 'notice', data: 'still' }))
      expect(notices).toEqual(['still'])
      await page.show(null)
      await moment()
      expect(live()).toEqual([])
    })

    test('is closed with what is hidden, and opened again', async ({ skip }) => {
      skip(isOld, 'React 18 has no Activity')
      const show = (mode: 'visible' | 'hidden', on: Props['on'] = {}): Promise<void> =>
        page.show(h(react.Activity, { mode, children: h(Line, { on }) }))
      await show('hidden')
      expect(urls()).toEqual([])
      await show('visible')
      await show('hidden')
      await moment()
      expect([live(), urls()]).toEqual([[], ['ws://test/1']])
      const notice = vi.fn()
      await show('visible', { notice })
      expect(live()).toHaveLength(1)
      await happens(() => {
        server.line.open()
        server.line.say({ type: 'notice', data: 'hi' })
      })
      expect(notice.mock.calls).toEqual([['hi']])
    })

    test('that cannot be opened is an error of its component', async ({ skip }) => {
      skip(isOld, 'React 18 has the DOM catch what an effect throws, and happy-dom does not')
      class Boundary extends Component<{ children: ReactNode }> {
        override state = { message: '' }
        static getDerivedStateFromError({ message }: Error): object {
          return { message }
        }
        override render(): ReactNode {
          return this.state.message || this.props.children
        }
      }
      server.endpoint.$ws = () => {
        throw new TypeError('no address')
      }
      await page.show(h(Boundary, null, h(Line)))
      expect(page.text).toBe('no address')
    })
  })

  describe('the state', () => {
    test('says how the connection is doing, and why there is none', async () => {
      await page.show(h(Line))
      await happens(() => server.line.open())
      await happens(() => server.line.lose(1012))
      expect(page.text).toBe('1 waiting 1012;')
      await happens(() => server.clock.advance(30_000))
      expect(page.text).toBe('1 connecting;')
      await happens(() => server.line.open())
      expect(page.text).toBe('1 open;')
      await happens(() => server.line.lose(4003, 'no'))
      expect(page.text).toBe('1 closed 4003;')
    })

    test('is known to who asks later', async () => {
      let socket: Socket
      function Silent(): ReactNode {
        socket = useSocket(server.endpoint)
        return null
      }
      function Later(): ReactNode {
        const { status, why } = useStatus(socket)
        return `${status} ${why?.code}`
      }
      await page.show([h(Silent, { key: 1 })])
      await happens(() => server.line.lose(1012))
      await page.show([h(Silent, { key: 1 }), h(Later, { key: 2 })])
      expect(page.text).toBe('waiting 1012')
    })

    test('is seen where it has changed while nothing was shown', async ({ skip }) => {
      skip(isOld, 'React 18 has no Activity')
      const socket = server.endpoint.$ws()
      const state = h(function State() {
        return useStatus(socket).status
      })
      const show = (mode: 'visible' | 'hidden'): Promise<void> =>
        page.show(h(react.Activity, { mode, children: state }))
      await show('visible')
      await show('hidden')
      await happens(() => server.line.open())
      await show('visible')
      expect(page.text).toBe('open')
      await page.leave()
      socket.close()
    })

    test('of a socket that was opened without a component is known, too', async () => {
      const socket = server.endpoint.$ws()
      function Outside(): ReactNode {
        return useStatus(socket).status
      }
      await page.show(h(Outside))
      await happens(() => server.line.open())
      expect(page.text).toBe('open')
      await page.leave()
      await moment()
      expect(live()).toHaveLength(1)
      socket.close()
    })

    test('closed for good ends when one more component asks', async () => {
      await page.show([h(Line, { key: 1 })])
      await happens(() => server.line.lose(4003))
      await page.show([h(Line, { key: 1, room: '1' })])
      expect(urls()).toHaveLength(1)
      await page.show([h(Line, { key: 1 }), h(Line, { key: 2 })])
      await happens(() => server.line.open())
      expect(page.text).toBe('1 open;1 open;')
      await happens(() => server.line.lose(4003))
      await page.show([h(Line, { key: 3 })])
      expect([page.text, urls().length]).toEqual(['1 connecting;', 3])
    })
  })

  describe('events', () => {
    const say = (...texts: string[]): Promise<void> =>
      happens(() => server.line.say(texts.map((data) => ({ type: 'notice', data }))))

    test('reach each component once, all of them, in the function of its last render', async () => {
      const heard: string[] = []
      const line = (key: string, as: string): ReactNode =>
        h(Line, { key, on: { notice: (text) => void heard.push(`${as} ${text}`) } })
      await page.show([line('1', 'a'), line('2', 'b')])
      await happens(() => server.line.open())
      await say('x', 'y')
      expect(heard.splice(0)).toEqual(['a x', 'b x', 'a y', 'b y'])
      await page.show([line('1', 'c'), line('2', 'd')])
      await say('z')
      expect(heard.splice(0)).toEqual(['c z', 'd z'])
      await page.show([line('2', 'e')])
      await say('z')
      expect(heard).toEqual(['e z'])
    })

    test('come from the first on, before any effect of the render that shows the socket', async () => {
      const heard: string[] = []
      function Early(): ReactNode {
        const notice = (text: string): void => void heard.push(text)
        const socket = useSocket(server.endpoint, {}, { on: { notice } })
        useLayoutEffect(() => {
          if (!socket) return
          server.line.open()
          server.line.say({ type: 'notice', data: 'first' })
        }, [socket])
        return useStatus(socket).status
      }
      await page.show(h(Early))
      expect([heard, page.text]).toEqual([['first'], 'open'])
    })

    test('of other names are heard as soon as they are wanted, with the same socket', async () => {
      const [notice, other] = [vi.fn(), vi.fn()]
      await page.show(h(Line, { on: { notice } }))
      await happens(() => server.line.open())
      await page.show(h(Line, { on: { other } }))
      await happens(() => server.line.say({ type: 'notice', data: 1 }, { type: 'other', data: 2 }))
      expect([notice.mock.calls, other.mock.calls, urls().length]).toEqual([[], [[2]], 1])
    })

    test('of another name do not open a closed socket again', async () => {
      await page.show(h(Line, { on: { notice() {} } }))
      await happens(() => server.line.lose(4003))
      await page.show(h(Line, { on: { other() {} } }))
      expect(urls()).toHaveLength(1)
    })

    test('of one that was left come no more, whatever React has still to do', async () => {
      const heard: string[] = []
      function Room({ room }: { room: string }): ReactNode {
        const notice = (text: string): void => void heard.push(`${room} ${text}`)
        useSocket(server.endpoint, { param: { room } }, { on: { notice } })
        // Before the effects that end the other one.
        useLayoutEffect(() => {
          if (server.lines.length === 1) server.line.say({ type: 'notice', data: 'late' })
        }, [room])
        return null
      }
      await page.show(h(Room, { room: '1' }))
      await happens(() => server.line.open())
      await page.show(h(Room, { room: '2' }))
      await happens(() => server.lines[0]!.say({ type: 'notice', data: 'later' }))
      expect(heard).toEqual([])
    })

    test('errors of messages are told', async () => {
      const onError = vi.fn()
      await page.show(h(Line, { onError }))
      await happens(() => server.line.open())
      await happens(() => server.line.say({ type: 'hello', error: { code: 'invalid' } }))
      expect(onError.mock.calls).toMatchObject([[{ name: 'RequestError', code: 'invalid' }]])
    })
  })

  test('on a server there is none, and a page that takes over opens one', async () => {
    const html = renderToString(page.wrap(h(Line)))
    expect([html, urls()]).toEqual(['1 undefined;', []])
    await page.hydrate(html, h(Line))
    expect([page.text, urls()]).toEqual(['1 connecting;', ['ws://test/1']])
  })
})
