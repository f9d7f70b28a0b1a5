// @vitest-environment happy-dom
import { createElement as h } from 'react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { useChannel, useSocket, useStatus } from './index.ts'

/** What a development server puts into each module; it has no types. */
interface Refresh {
  injectIntoGlobalHook(window: object): void
  register(type: unknown, id: string): void
  setSignature(type: unknown, key: string): void
  performReactRefresh(): void
}
// React looks for it when it is loaded.
const refresh = await vi.importActual<Refresh>('react-refresh/runtime')
refresh.injectIntoGlobalHook(window)
const { Page, happens, moment, served } = await import('../../test/support/page.ts')

const def = { channels: { 'room/:room': { events: { said: z.string() } } } }

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

test.each([
  ['the same hooks', 'one'],
  ['other hooks, so that it is mounted again', 'two'],
])('a component that was edited, with %s, has its socket and its channel', async (how, key) => {
  const server = served<typeof def>()
  const page = new Page(true)
  const heard: string[] = []
  /** The component after that edit. */
  const edit = (version: number, key: string) => {
    function Line(): ReactNode {
      const socket = useSocket(server.endpoint)
      const said = (text: string): void => void heard.push(`${version} ${text}`)
      useChannel(socket, 'room/:room', { room: 'a' }, { on: { said } })
      return `${version} ${useStatus(socket).status}`
    }
    refresh.register(Line, `Line of ${how}`)
    refresh.setSignature(Line, key)
    return Line
  }
  await page.show(h(edit(1, 'one')))
  await happens(() => server.line.open())
  const [{ id }] = await server.line.heard()
  await happens(() => server.line.say({ id, data: {} }))

  await happens(() => {
    edit(2, key)
    refresh.performReactRefresh()
  })
  expect(page.text).toBe('2 open')
  await moment()
  await happens(() => server.line.say({ channel: 'room/a', type: 'said', data: 'hi' }))
  expect([heard, await server.line.heard(), server.lines.length]).toEqual([['2 hi'], [], 1])
  await page.leave()
  await moment()
})
