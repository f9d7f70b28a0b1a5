import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Json, Session } from '../session.ts'
import { bearer } from './credential.ts'

const JSON_V1 = 'denwa.v1.json'

/** Requests with a key: one effect, and the same answer as often as they are repeated. */
export function keyedRequests(kit: Kit): void {
  const { expect } = kit

  kit.test('the welcome names what remembers them, the same to all', async (it) => {
    const { keys } = await enter(it)
    expect(keys).toMatch(/^[A-Za-z0-9_-]{1,12}$/)
    expect((await enter(it)).keys).toBe(keys)
  })

  kit.test('one that is repeated on the next connection is done once', async (it) => {
    const key = newKey()
    const first = await enter(it)
    const paid = await first.pay(key, 'rent')
    expect(paid.data.text).toBe('rent')
    first.socket.close()
    const next = await enter(it)
    const again = await next.pay(key, 'rent', { again: first.keys })
    expect(again.data).toEqual(paid.data)
    expect((await next.pay(key, 'rent')).data).toEqual(paid.data)
    expect(await runs(it)).toEqual(['pay rent', 'paid rent'])
  })

  kit.test('one that is repeated while the first is at work waits for its answer', async (it) => {
    const key = newKey()
    const [first, next] = [await enter(it), await enter(it)]
    first.ask(key, 'rent', 500)
    await it.trace((notes) => notes.includes('pay rent'))
    const again = await next.pay(key, 'rent', { again: first.keys }, 500)
    expect((await first.socket.next()).data).toEqual(again.data)
    expect(await runs(it)).toEqual(['pay rent', 'paid rent'])
  })

  kit.test('a connection that is lost does not end it', async (it) => {
    const key = newKey()
    const first = await enter(it)
    first.ask(key, 'rent', 700)
    await it.trace((notes) => notes.includes('pay rent'))
    first.socket.destroy()
    await it.trace((notes) => notes.some((note) => note.startsWith('close')))
    const next = await enter(it)
    const again = await next.pay(key, 'rent', { again: first.keys }, 700)
    expect(again.data.text).toBe('rent')
    expect(await runs(it)).toEqual(['pay rent', 'paid rent'])
  })

  kit.test('one that was said elsewhere is not done: nobody knows', async (it) => {
    const { pay } = await enter(it)
    for (const again of ['elsewhere', '', null, 5]) {
      const { error } = await pay(newKey(), 'rent', { again })
      expect(error.code).toBe('connection_lost')
    }
    expect(await runs(it)).toEqual([])
  })

  kit.test('one that never arrived is done when it is repeated', async (it) => {
    const { pay, keys } = await enter(it)
    expect((await pay(newKey(), 'rent', { again: keys })).data.text).toBe('rent')
  })

  kit.test('what asks for something else is a conflict', async (it) => {
    const key = newKey()
    const { pay } = await enter(it)
    await pay(key, 'rent')
    expect((await pay(key, 'food')).error.code).toBe('conflict')
    expect(await runs(it)).toEqual(['pay rent', 'paid rent'])
  })

  kit.test('an error is an answer like any other', async (it) => {
    const { pay } = await enter(it)
    for (const [how, code] of [
      ['refusal', 'conflict'],
      ['sync', 'internal'],
      ['later', 'internal'],
    ] as const) {
      const key = newKey()
      const first = await pay(key, how)
      expect(first.error.code).toBe(code)
      expect((await pay(key, how)).error).toEqual(first.error)
    }
    expect(await runs(it)).toEqual(['pay refusal', 'pay sync', 'pay later'])
  })

  kit.test('a key of one user means nothing with another', async (it) => {
    const key = newKey()
    const as = (user: string): Promise<Client> =>
      enter(it, `/bearer/${it.room}`, [JSON_V1, bearer(user)])
    const ann = await as('ann')
    const paid = await ann.pay(key, 'rent')
    const ben = await (await as('ben')).pay(key, 'rent')
    expect(ben.data.receipt === paid.data.receipt).toBe(false)
    const back = await (await as('ann')).pay(key, 'rent', { again: ann.keys })
    expect(back.data).toEqual(paid.data)
  })

  kit.attack('keys that are none', async (it) => {
    const { pay } = await enter(it)
    const keys = ['', 'x', 'x'.repeat(15), 'x'.repeat(129), 'x'.repeat(20_000), null, 7, [], {}]
    for (const key of keys) {
      const { error } = await pay(key, 'rent')
      expect(error.code).toBe('invalid')
      expect(error.issues[0].path).toEqual(['key'])
    }
    expect(await runs(it)).toEqual([])
  })

  kit.test('streams have none', async (it) => {
    const { socket } = await enter(it)
    socket.request('count', 1, { to: 3 }, { key: newKey() })
    expect((await socket.next()).error.code).toBe('invalid')
  })

  const { hibernatesAfterMs: asleepMs = 0 } = kit.can
  kit.given(asleepMs > 0, 'no hibernation').test(
    'a sleep between the two changes nothing',
    async (it) => {
      const key = newKey()
      const first = await enter(it)
      const paid = await first.pay(key, 'rent')
      await sleep(asleepMs)
      expect((await first.pay(key, 'rent')).data).toEqual(paid.data)
      const next = await enter(it)
      expect(next.keys).toBe(first.keys)
      expect((await next.pay(key, 'rent', { again: first.keys })).data).toEqual(paid.data)
      expect(await runs(it)).toEqual(['pay rent', 'paid rent'])
    },
    asleepMs + 20_000,
  )
}

interface Client {
  readonly socket: Session
  /** What remembers, as the welcome has it. */
  readonly keys: string
  ask(key: unknown, text: string, ms?: number, more?: object): void
  /** Asks, and waits for the answer. */
  pay(key: unknown, text: string, more?: object, ms?: number): Promise<Json>
}

async function enter(it: Scope, path?: string, protocols = [JSON_V1]): Promise<Client> {
  const socket = await it.open(path, { protocols })
  const { keys } = await socket.next()
  let id = 0
  const ask = (key: unknown, text: string, ms = 0, more: object = {}): void =>
    socket.request('pay', ++id, { text, ms }, { key, ...more })
  return {
    socket,
    keys,
    ask,
    pay(key, text, more, ms) {
      ask(key, text, ms, more)
      return socket.next(5_000)
    },
  }
}

let keys = 0
function newKey(): string {
  return `a key of the suite ${Date.now()} ${keys++}`
}

/** What handlers have done. */
async function runs(it: Scope): Promise<string[]> {
  return (await it.trace()).filter((note) => /\bp(ay|aid)\b/.test(note))
}
