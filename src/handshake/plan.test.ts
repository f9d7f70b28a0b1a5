import { Hono, type MiddlewareHandler } from 'hono'
import { every, except, some } from 'hono/combine'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, test } from 'vitest'
import { raw } from '../raw.ts'
import { connect } from '../testing/connect.ts'
import { type Plan, followed, planOf, planned } from './plan.ts'

const leaves =
  (plan: Plan, variables?: object): MiddlewareHandler =>
  (c, next) =>
    planned(c, plan, next, variables)

const follows =
  (name: string, setting: object): MiddlewareHandler =>
  (c, next) =>
    planned(c, followed(c, name, setting), next)

const refuses: MiddlewareHandler = () => Promise.reject(new HTTPException(401))

/** What a socket behind these middleware is left with. */
async function left(
  ...middleware: MiddlewareHandler[]
): Promise<{ status: number; plan: Plan; user: unknown }> {
  const seen = { plan: {} as Plan, user: undefined as unknown }
  const app = new Hono<any>().use(...middleware).use(async (c, next) => {
    seen.plan = planOf(c)
    seen.user = (c.var as { user?: unknown }).user
    await next()
  })
  const { response } = await connect(app.get('/', raw({})), '/')
  return { status: response.status, ...seen }
}

describe('a plan', () => {
  test('is empty unless a policy adds to it', async () => {
    expect(await left((_, next) => next())).toEqual({ status: 101, plan: {}, user: undefined })
  })

  test('is added to, and a later policy overrides an earlier one key by key', async () => {
    const { plan } = await left(
      leaves({ protocols: ['a'], originChecked: true }),
      leaves({ protocols: ['b'] }),
      follows('nap', { ms: 1, often: true }),
      follows('age', { ms: 5 }),
      follows('nap', { ms: 2 }),
    )
    expect(plan).toEqual({
      protocols: ['b'],
      originChecked: true,
      follows: { nap: { ms: 2, often: true }, age: { ms: 5 } },
    })
  })

  test('belongs to one handshake', async () => {
    const plans: Plan[] = []
    const app = new Hono()
      .use(async (c, next) => {
        plans.push(planOf(c))
        await planned(c, { protocols: ['a'] }, next)
      })
      .get('/', raw({}))
    await connect(app, '/')
    await connect(app, '/')
    expect(plans).toEqual([{}, {}])
  })
})

describe('a branch of some() that fails', () => {
  const ann = leaves({ protocols: ['a'] }, { user: 'ann', admin: true })

  test('leaves no plan behind, and no variables', async () => {
    const other = leaves({ originChecked: true })
    expect(await left(some(every(ann, refuses), other))).toEqual({
      status: 101,
      plan: { originChecked: true },
      user: undefined,
    })
  })

  test('leaves what it found', async () => {
    const bob = leaves({ protocols: ['b'] }, { user: 'bob' })
    const { plan, user } = await left(bob, some(every(ann, refuses), leaves({})))
    expect([plan, user]).toEqual([{ protocols: ['b'] }, 'bob'])
  })

  test('is followed by the one that succeeds, with its own', async () => {
    const { plan, user } = await left(some(every(ann, refuses), leaves({}, { user: 'cy' })))
    expect([plan, user]).toEqual([{}, 'cy'])
  })

  test('refuses where all do', async () => {
    expect((await left(some(refuses, every(ann, refuses)))).status).toBe(401)
  })
})

test('except() leaves the plan out where its condition holds', async () => {
  const policy = leaves({ originChecked: true }, { user: 'ann' })
  expect((await left(except(() => true, policy))).plan).toEqual({})
  expect(await left(except(() => false, policy))).toMatchObject({
    plan: { originChecked: true },
    user: 'ann',
  })
})

test('variables named like members of a prototype are variables', async () => {
  const hostile = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as object
  let seen: unknown[] = []
  const app = new Hono<any>()
    .use(leaves({}, hostile))
    .use(async (c, next) => {
      const get = c.get as (name: string) => unknown
      seen = [get('__proto__'), get('constructor'), get('polluted'), 'polluted' in {}]
      await next()
    })
    .get('/', raw({}))
  expect((await connect(app, '/')).response.status).toBe(101)
  expect(seen).toEqual([{ polluted: true }, 1, undefined, false])
})
