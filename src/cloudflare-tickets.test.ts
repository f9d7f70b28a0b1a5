import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { turn } from '../test/support/peer.ts'
import { commandRequest } from './runtime/inside.ts'
import { type TicketObject, durableTickets, ticketObject } from './cloudflare-tickets.ts'

/** Storage without the gates that an object's has: whatever may overlap, does. */
class Storage {
  readonly kept = new Map<string, unknown>()
  alarm: number | null = null
  /** How often all was looked at. */
  lists = 0

  async get(key: string): Promise<unknown> {
    await turn()
    return this.kept.get(key)
  }

  async put(key: string, value: unknown): Promise<void> {
    await turn()
    this.kept.set(key, value)
  }

  async delete(keys: string | string[]): Promise<unknown> {
    if (Array.isArray(keys) && keys.length > 128) throw new RangeError('at most 128 keys')
    await turn()
    if (!Array.isArray(keys)) return this.kept.delete(keys)
    return keys.filter((key) => this.kept.delete(key)).length
  }

  async list(): Promise<Map<string, unknown>> {
    this.lists++
    return new Map(this.kept)
  }

  async getAlarm(): Promise<number | null> {
    return this.alarm
  }

  async setAlarm(at: number): Promise<void> {
    this.alarm = at
  }
}

let storage: Storage
let object: TicketObject
const store = durableTickets(() => ({ fetch: (request: Request) => object.fetch(inside(request)) }))
const nobody = undefined as never

/** `cf` is what only Cloudflare's requests have. */
function inside(request: Request): Request {
  return Object.assign(request, { cf: { denwa: 'inside' } })
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
  storage = new Storage()
  object = new (ticketObject())({ storage }, {})
})
afterEach(() => void vi.useRealTimers())

/** Lets time pass; an alarm goes off when it is due. */
async function pass(ms: number): Promise<void> {
  const end = Date.now() + ms
  while (storage.alarm !== null && storage.alarm <= end) {
    vi.setSystemTime(storage.alarm)
    storage.alarm = null
    await object.alarm()
  }
  vi.setSystemTime(end)
}

describe('a ticket', () => {
  test('is given back once', async () => {
    await store.put('a', 'Ann', 30_000, nobody)
    expect(await store.take('b', nobody)).toBeUndefined()
    expect(await store.take('a', nobody)).toBe('Ann')
    expect(await store.take('a', nobody)).toBeUndefined()
    expect(storage.kept.size).toBe(0)
  })

  test('is given to one of fifty who bring it at the same time, though storage lets them overlap', async () => {
    await store.put('a', 'Ann', 30_000, nobody)
    const all = await Promise.all(Array.from({ length: 50 }, () => store.take('a', nobody)))
    expect(all.filter((value) => value !== undefined)).toEqual(['Ann'])
  })

  test('is good until its time is over, and not a moment longer', async () => {
    await store.put('a', 'Ann', 1000, nobody)
    await store.put('b', 'Ben', 1000, nobody)
    await pass(999)
    expect(await store.take('a', nobody)).toBe('Ann')
    await pass(1)
    expect(await store.take('b', nobody)).toBeUndefined()
    expect(storage.kept.size).toBe(0)
  })

  test('may be good for an empty text', async () => {
    await store.put('a', '', 1000, nobody)
    expect(await store.take('a', nobody)).toBe('')
  })
})

describe('those that nobody brings', () => {
  test('are forgotten, however many', async () => {
    for (let i = 0; i < 1000; i++) await store.put(`t${i}`, 'x', 10_000, nobody)
    await pass(60_000)
    expect(storage.kept.size).toBe(0)
    expect(storage.alarm).toBeNull()
  })

  test('do not have all looked at for each of them', async () => {
    for (let i = 0; i < 120; i++) {
      await store.put(`t${i}`, 'x', 30_000, nobody)
      await pass(1000)
    }
    expect(storage.lists).toBeLessThanOrEqual(4)
    expect(storage.kept.size).toBeLessThanOrEqual(60)
    await pass(90_000)
    expect(storage.kept.size).toBe(0)
    expect(storage.alarm).toBeNull()
  })
})

describe('the object', () => {
  test('answers nobody else', async () => {
    const body = JSON.stringify({ ticket: 'a', value: 'Mallory', ttlMs: 30_000 })
    const request = new Request('https://object.denwa.invalid/command', { method: 'POST', body })
    expect((await object.fetch(request)).status).toBe(404)
    expect(storage.kept.size).toBe(0)
    expect(commandRequest({}).url).toBe(request.url)
  })

  test('that fails is an error of who asked', async () => {
    const failing = durableTickets(() => ({
      fetch: async () => new Response(null, { status: 500 }),
    }))
    const put = failing.put('a', 'Ann', 1000, nobody)
    await expect(put).rejects.toThrow('Cannot reach the tickets: the object answered 500')
  })
})
