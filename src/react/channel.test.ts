// @vitest-environment happy-dom
import { Component, createElement as h, useLayoutEffect, version } from 'react'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Page, happens, moment, served } from '../../test/support/page.ts'
import type { ClientSocket } from '../client/typed.ts'
import { type UseChannelOptions, useChannel, useSocket, useStatus } from './index.ts'

const room = { events: { said: z.string(), sung: z.string() } }
const def = { channels: { 'room/:room': room } }
type Options = UseChannelOptions<typeof room>

let server = served<typeof def>()
beforeEach(() => {
  server = served()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => void vi.useRealTimers())

interface Props extends Options {
  room?: string
  socket?: ClientSocket<typeof def> | undefined
}

/** Shows the state of a channel of its socket. */
function Room({ room = 'a', socket, ...options }: Props): ReactNode {
  const channel = useChannel(socket, 'room/:room', { room }, options)
  const { status, error } = useStatus(channel)
  return `${room} ${status}${error ? ` ${error.code}` : ''};`
}

/** The same, with a socket of its own. */
function Whole(props: Props): ReactNode {
  return h(Room, { ...props, socket: useSocket(server.endpoint) })
}

const said = (data: string, offset?: number, room = 'a'): object => ({
  channel: `room/${room}`,
  type: 'said',
  data,
  offset,
})

describe.each([
  ['StrictMode', true],
  ['no StrictMode', false],
])('a channel, with %s', (_, isStrict) => {
  let page: Page
  beforeEach(() => {
    page = new Page(isStrict)
  })
  afterEach(() => page.leave())

  /** Answers all that was asked, and tells what was. */
  const heard = async (data: object = {}): Promise<string[]> => {
    const frames = await server.line.heard()
    await happens(() => {
      for (const { id, error } of frames) if (id) server.line.say(error ?? { id, data })
    })
    return frames.map(({ type, channel }) => `${type} ${channel}`)
  }

  test('is joined once by all who use it, and left once by the last', async () => {
    await page.show([h(Whole, { key: 1 }), h(Whole, { key: 2 })])
    await happens(() => server.line.open())
    expect(await heard()).toEqual(['$join room/a'])
    expect(page.text).toBe('a joined;a joined;')
    await page.show([h(Whole, { key: 2 }), h(Whole, { key: 3 })])
    await moment()
    await page.show([h(Whole, { key: 3 })])
    await moment()
    expect(await heard()).toEqual([])
    await page.show([h(Whole, { key: 3, room: 'b' })])
    await moment()
    expect(await heard()).toEqual(['$join room/b', '$leave room/a'])
    expect(page.text).toBe('b joined;')
  })

  test('of a socket that was opened without a component is left, and the socket stays', async () => {
    const socket = server.endpoint.$ws()
    await happens(() => server.line.open())
    await page.show(h(Room, { socket }))
    expect(await heard()).toEqual(['$join room/a'])
    await page.show(null)
    await moment()
    expect(await heard()).toEqual(['$leave room/a'])
    expect(socket.status).toBe('open')
    await page.show(h(Room, { socket }))
    expect(await heard()).toEqual(['$join room/a'])
    expect(page.text).toBe('a joined;')
    await happens(() => socket.close())
  })

  test('that was joined without a component is not left', async () => {
    const socket = server.endpoint.$ws()
    await happens(() => server.line.open())
    const own = socket.channel('room/:room', { room: 'a' })
    await heard()
    await page.show(h(Room, { socket }))
    await page.show(null)
    await moment()
    expect([await heard(), own.status]).toEqual([[], 'joined'])
    socket.close()
  })

  test('is left by any name', async () => {
    const Named = (): ReactNode => {
      useChannel(useSocket(server.endpoint) as any, 'constructor' as never, {} as never)
      return null
    }
    await page.show([h(Named, { key: 1 }), h(Whole, { key: 2 })])
    await happens(() => server.line.open())
    expect(await heard()).toEqual(['$join constructor', '$join room/a'])
    await page.show([h(Whole, { key: 2 })])
    await moment()
    expect(await heard()).toEqual(['$leave constructor'])
  })

  test('tells each component what is published, in the function of its last render', async () => {
    const all: string[] = []
    const show = (as: string): Promise<void> => {
      const on = (key: number): Options['on'] => ({
        said: (text) => void all.push(`${as}${key} ${text}`),
      })
      return page.show([h(Whole, { key: 1, on: on(1) }), h(Whole, { key: 2, on: on(2) })])
    }
    await show('x')
    await happens(() => server.line.open())
    await heard()
    await happens(() => server.line.say([said('1'), said('2')]))
    expect(all.splice(0)).toEqual(['x1 1', 'x2 1', 'x1 2', 'x2 2'])
    await show('y')
    await happens(() => server.line.say(said('3')))
    expect(all).toEqual(['y1 3', 'y2 3'])
  })

  test('tells what is published with the answer to the join, and what was missed', async () => {
    const all: string[] = []
    await page.show(h(Whole, { last: 2, on: { said: (text) => void all.push(text) } }))
    await happens(() => server.line.open())
    const [join] = await server.line.heard()
    expect(join).toMatchObject({ type: '$join', channel: 'room/a', last: 2 })
    const publications = [said('1', 1), said('2', 2)]
    await happens(() =>
      server.line.say({ id: join.id, data: { position: ['x', 2], publications } }),
    )
    await happens(() => server.line.lose())
    expect(page.text).toBe('a joining;')
    await happens(() => server.clock.advance(30_000))
    await happens(() => server.line.open())
    const [again] = await server.line.heard()
    expect(again.since).toEqual(['x', 2])
    const missed = { position: ['x', 3], recovered: true, publications: [said('3', 3)] }
    await happens(() => server.line.say({ id: again.id, data: missed }))
    expect([all, page.text]).toEqual([['1', '2', '3'], 'a joined;'])
  })

  test('says when what was missed cannot be told', async () => {
    const onReset = vi.fn()
    await page.show(h(Whole, { onReset }))
    await happens(() => server.line.open())
    await heard({ position: ['x', 2] })
    await happens(() => server.line.say({ type: '$gap', channel: 'room/a' }))
    await heard({ position: ['y', 1], reason: 'epoch' })
    expect(onReset.mock.calls).toEqual([['epoch']])
  })

  test('of other parameters takes the place of the first, and nothing of that is told any more', async () => {
    const all: string[] = []
    function Late({ room }: { room: string }): ReactNode {
      const socket = useSocket(server.endpoint)
      const on = { said: (text: string) => void all.push(`${room} ${text}`) }
      // Before the effects that leave the other one.
      useLayoutEffect(() => {
        if (room === 'b') server.line.say(said('late'))
      }, [room])
      return h(Room, { room, socket, on })
    }
    await page.show(h(Late, { room: 'a' }))
    await happens(() => server.line.open())
    await heard()
    await page.show(h(Late, { room: 'b' }))
    await happens(() => server.line.say(said('later')))
    await moment()
    expect(await heard()).toEqual(['$join room/b', '$leave room/a'])
    await happens(() => server.line.say(said('latest'), said('hi', undefined, 'b')))
    expect([all, page.text]).toEqual([['b hi'], 'b joined;'])
  })

  test('tells nothing to who is gone, though that is seen only later', async () => {
    const all: string[] = []
    const on = { said: (text: string) => void all.push(text) }
    function Farewell(): ReactNode {
      useLayoutEffect(() => server.line.say(said('bye')), [])
      return null
    }
    await page.show([h(Whole, { key: 1, on })])
    await happens(() => server.line.open())
    await heard()
    await page.show([h(Farewell, { key: 2 })])
    expect(all).toEqual([])
  })

  test('of another socket is another one', async () => {
    const one = server.endpoint.$ws()
    const two = server.endpoint.$ws()
    await happens(() => server.lines.forEach((line) => line.open()))
    await page.show(h(Room, { socket: one }))
    await page.show(h(Room, { socket: two }))
    await moment()
    const types = server.lines.map(async (line) => (await line.heard()).map(({ type }) => type))
    expect(await Promise.all(types)).toEqual([['$join', '$leave'], ['$join']])
    one.close()
    two.close()
  })

  test('is none without a socket, and on a server', async () => {
    expect(renderToString(page.wrap(h(Whole)))).toBe('a undefined;')
    await page.show(h(Room))
    expect(page.text).toBe('a undefined;')
    expect(server.lines).toEqual([])
  })

  test('that the server has ended says why, and is joined again by the next component', async () => {
    await page.show([h(Whole, { key: 1 })])
    await happens(() => server.line.open())
    await heard()
    const left = { type: '$left', channel: 'room/a', code: 'forbidden' }
    await happens(() => server.line.say(left))
    expect(page.text).toBe('a left forbidden;')
    await page.show([h(Whole, { key: 1 })])
    expect(await heard()).toEqual([])
    await page.show([h(Whole, { key: 1 }), h(Whole, { key: 2 })])
    expect(await heard()).toEqual(['$join room/a'])
    expect(page.text).toBe('a joined;a joined;')
    await happens(() => server.line.say(left))
    await page.show([h(Whole, { key: 3 })])
    await moment()
    expect(await heard()).toEqual(['$join room/a'])
  })

  test('that cannot be is an error of its component', async ({ skip }) => {
    skip(version < '19', 'React 18 has the DOM catch what an effect throws, and happy-dom does not')
    class Boundary extends Component<{ children: ReactNode }> {
      override state = { name: '' }
      static getDerivedStateFromError({ name }: Error): object {
        return { name }
      }
      override render(): ReactNode {
        return this.state.name || this.props.children
      }
    }
    await page.show(h(Boundary, null, h(Whole, { since: ['x', -1] })))
    expect(page.text).toBe('TypeError')
  })
})
