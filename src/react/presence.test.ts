// @vitest-environment happy-dom
import { createElement as h, memo, startTransition, useLayoutEffect } from 'react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Page, happens, moment, served } from '../../test/support/page.ts'
import type { ClientChannel } from '../client/typed.ts'
import { type Present, useChannel, usePresence, useSocket } from './index.ts'

interface Meta {
  name: string
}
const room = { events: {}, presence: z.object({ name: z.string() }) }
const def = { channels: { room } }

let server = served<typeof def>()
beforeEach(() => {
  server = served()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => void vi.useRealTimers())

const tell = (presence: object): void =>
  server.line.say({ type: '$presence', channel: 'room', ...presence })

/** Opens, and joins. */
async function enter(presence: object): Promise<void> {
  await happens(() => server.line.open())
  const [{ id }] = await server.line.heard()
  await happens(() => server.line.say({ id, data: { presence } }))
}

const ann = { name: 'Ann' }
const bob = { name: 'Bob' }
const both = { version: 1, members: { a: ann, b: bob }, self: 'a' }

describe.each([
  ['StrictMode', true],
  ['no StrictMode', false],
])('presence, with %s', (_, isStrict) => {
  let page: Page
  let seen: Present<Meta>[] = []
  beforeEach(() => {
    page = new Page(isStrict)
    seen = []
  })
  afterEach(() => page.leave())

  function People(): ReactNode {
    const present = usePresence(useChannel(useSocket(server.endpoint), 'room', {}))
    useLayoutEffect(() => void seen.push(present))
    const names = [...present.members].map(
      ([key, { name }]) => name + (key === present.self ? '!' : ''),
    )
    return `${names.join()} ${present.count};`
  }

  test('is who is there, and who comes, goes and changes', async () => {
    await page.show(h(People))
    expect(page.text).toBe(' 0;')
    await enter(both)
    expect(page.text).toBe('Ann!,Bob 2;')
    await happens(() => tell({ version: 2, joined: { c: { name: 'Cem' } }, left: ['b'], count: 9 }))
    expect(page.text).toBe('Ann!,Cem 9;')
    await happens(() => tell({ version: 3, joined: { c: { name: 'Cleo' } }, count: 9 }))
    expect(page.text).toBe('Ann!,Cleo 9;')
  })

  test('is the same for all, who come later too', async () => {
    await page.show([h(People, { key: 1 })])
    await enter(both)
    await page.show([h(People, { key: 1 }), h(People, { key: 2 })])
    expect(page.text).toBe('Ann!,Bob 2;Ann!,Bob 2;')
    expect(seen.at(-1)).toBe(seen.at(-2))
  })

  test('is the same object between renders, and until something has changed', async () => {
    await page.show(h(People))
    await enter(both)
    const [before] = seen.splice(0).slice(-1)
    await page.show(h(People))
    expect(seen.splice(0).every((each) => each === before)).toBe(true)

    await happens(() => server.line.lose())
    await happens(() => server.clock.advance(30_000))
    await enter({ ...both, version: 7 })
    expect(seen).toEqual([])
    await happens(() => tell({ version: 8, joined: { c: { name: 'Cem' } } }))
    expect(seen).toHaveLength(1)
    expect(seen[0]!.members.get('a')).toBe(before!.members.get('a'))
  })

  test('renders a member again only when something else is said of it', async () => {
    const rendered: string[] = []
    const Member = memo(function Member({ meta }: { meta: Meta }): ReactNode {
      useLayoutEffect(() => void rendered.push(meta.name))
      return meta.name
    })
    function List(): ReactNode {
      const { members } = usePresence(useChannel(useSocket(server.endpoint), 'room', {}))
      return [...members].map(([key, meta]) => h(Member, { key, meta }))
    }
    await page.show(h(List))
    await enter(both)
    rendered.length = 0
    await happens(() => tell({ version: 3 }))
    const [{ id }] = await server.line.heard()
    const members = { a: ann, b: { name: 'Bea' } }
    await happens(() => server.line.say({ id, data: { presence: { version: 3, members } } }))
    expect([page.text, rendered]).toEqual(['AnnBea', ['Bea']])
  })

  test('of a channel that was left is not that of the next', async () => {
    function Rooms({ channel }: { channel: ClientChannel<typeof room> | undefined }): ReactNode {
      return usePresence(channel).count
    }
    const socket = server.endpoint.$ws()
    const channel = socket.channel('room', {})
    await enter(both)
    await page.show(h(Rooms, { channel }))
    expect(page.text).toBe('2')
    await page.show(h(Rooms, { channel: undefined }))
    expect(page.text).toBe('0')
    socket.close()
    await moment()
  })
})

test('is never shown in two versions at once, however long React takes', async () => {
  const socket = server.endpoint.$ws()
  const channel = socket.channel('room', {})
  server.line.open()
  const [{ id }] = await server.line.heard()
  server.line.say({ id, data: { presence: both } })

  const shown: string[] = []
  const renders = { count: 0 }
  const Count = (): ReactNode => usePresence(channel).count
  /** Longer than React works at a time. */
  const Slow = (): ReactNode => {
    renders.count++
    const end = performance.now() + 6
    while (performance.now() < end);
    return ' '
  }
  const element = document.createElement('div')
  const All = (): ReactNode => {
    useLayoutEffect(() => void shown.push(element.textContent!))
    return [0, 1, 2, 3].flatMap((n) => [h(Count, { key: `c${n}` }), h(Slow, { key: `s${n}` })])
  }
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false })
  const root = createRoot(element)
  startTransition(() => root.render(h(All)))
  while (renders.count < 2) await setImmediate()
  expect(renders.count).toBeLessThan(4)
  expect(shown).toEqual([])
  tell({ version: 2, left: ['b'] })
  await vi.waitUntil(() => element.textContent === '1 1 1 1 ', { timeout: 8000 })
  expect(shown.filter((text) => new Set(text.match(/\d/g)).size > 1)).toEqual([])
  root.unmount()
  socket.close()
})
