import { type Context, Hono } from 'hono'
import { every } from 'hono/combine'
import { expect, test } from 'vitest'
import { contract } from '../contract.ts'
import { raw } from '../raw.ts'
import { socket } from '../socket.ts'
import { connect } from '../testing/connect.ts'
import { type Route, routeAhead } from './route.ts'
import { subprotocol } from './subprotocol.ts'

/** What the first middleware of an app sees ahead. */
async function ahead(app: (look: any) => Hono<any>, path = '/'): Promise<Route | undefined> {
  let seen: Route | undefined
  const look = async (c: Context, next: () => Promise<void>): Promise<void> => {
    seen = routeAhead(c)
    await next()
  }
  await connect(app(look), path)
  return seen
}

const typed = socket(contract({}), {})

test('a policy sees the socket that its handshake is for', async () => {
  expect((await ahead((look) => new Hono().use(look).get('/', typed)))?.protocols).toEqual([
    'denwa.v1.json',
  ])
  expect((await ahead((look) => new Hono().get('/', look, raw({}))))?.protocols).toEqual([])
})

test('it sees it in another app that is part of this one', async () => {
  const part = new Hono().get('/', typed)
  const failing = new Hono().get('/', typed).onError((_, c) => c.text('error', 500))
  for (const each of [part, failing]) {
    const route = await ahead((look) => new Hono().use(look).route('/in', each), '/in')
    expect(route?.protocols).toEqual(['denwa.v1.json'])
  }
})

test('of several it sees the first, and none where there is none', async () => {
  const two = await ahead((look) => new Hono().use(look).get('/', raw({})).get('/', typed))
  expect(two?.protocols).toEqual([])
  expect(await ahead((look) => new Hono().use(look).get('/', (c) => c.text('x')))).toBeUndefined()
  expect(await ahead((look) => new Hono().use(look).get('/', typed), '/other')).toBeUndefined()
})

test('it sees the subprotocols that another policy will leave', async () => {
  const [a, b] = [subprotocol(['a']), subprotocol(['b'])]
  const seen = async (...policies: any[]): Promise<readonly string[] | undefined> =>
    (await ahead((look) => new Hono().use('*', look, ...policies).get('/', raw({}))))?.protocols
  expect(await seen(a)).toEqual(['a'])
  expect(await seen(a, b)).toEqual(['b'])
  expect(await seen(every(a, b))).toEqual([])
})
