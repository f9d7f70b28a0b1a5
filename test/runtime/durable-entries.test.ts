import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { launch } from '../../tools/launch.ts'
import { PATIENCE_MS } from './durable/client.ts'
import { Square } from './durable/policies/square.ts'

// A busy machine has others to serve.
vi.setConfig({ testTimeout: 30_000 })

/** The same app: in `handler(app)`, and as it is. */
describe.each(['entry', 'entry-without-handler'] as const)('%s', async (name) => {
  const entry = `${import.meta.dirname}/durable/policies/${name}.ts`
  const server = await launch({ runtime: 'durable', entry })
  afterAll(() => server.close())
  const square = new Square(server.url)
  const within = name === 'entry'
  const from = (address: string): object => ({ headers: { 'cf-connecting-ip': address } })

  describe.each([
    ['none', {}, 401, 4100, 'This endpoint wants a credential'],
    ['one that is not valid', { token: '-' }, 401, 4100, 'The credential is not valid'],
    ['one that has expired', { token: 'ann.0' }, 401, 4101, 'The credential has expired'],
  ])('a credential that is refused: %s', (what, options, status, code, why) => {
    const room = `close-${code}-${what.length}`

    test(within ? 'is closed with a code, after the 101' : 'is refused by HTTP alone', async () => {
      const entering = square.enter(`close/${room}`, { ...options, ...from('192.0.2.1') })
      if (within) {
        const ann = await entering
        expect(await ann.socket.closed(PATIENCE_MS)).toMatchObject({ code, reason: why })
        expect(await ann.socket.ended(PATIENCE_MS)).toBe('fin')
      } else await expect(entering).rejects.toThrow(`refused with ${status}: ${why}`)
    })

    test('does not touch the object', async () => {
      const asked = Date.now()
      const { born, sockets } = await square.object(room)
      expect(born).toHaveLength(1)
      expect(born[0]).toBeGreaterThanOrEqual(asked - 100)
      expect(sockets).toBe(0)
    })
  })

  test('the subprotocol is there on the 101 of one that is closed, too', async () => {
    const protocols = ['denwa.v1.json']
    const entering = square.enter('close/protocol', { protocols, ...from('192.0.2.2') })
    if (!within) {
      await expect(entering).rejects.toThrow('refused with 401')
      return
    }
    const ann = await entering
    expect(ann.socket.protocol).toBe('denwa.v1.json')
    expect(await ann.closed()).toBe(4100)
    expect(ann.log).toEqual(['close 4100 This endpoint wants a credential'])
  })

  test('a ticket is not seen by who stands before its policy', async () => {
    const ticket = (await square.post('/ticket?path=/ticket/sees')).body
    const ann = await square.enter('ticket/sees', { query: `&ticket=${ticket}` })
    expect((await ann.ask('whoami', 1)).data.name).toBe('ann')
    // Without our entry around the app it is, until its policy takes it out.
    expect(await square.notes('sees')).toContain(`saw ${!within}`)
    const again = square.enter('ticket/sees', { query: `&ticket=${ticket}` })
    await expect(again).rejects.toThrow('refused with 401: This endpoint wants a valid ticket')
  })

  test('a full object is 503 with Retry-After, and middleware may add to it', async () => {
    for (let i = 0; i < 2; i++) {
      const { answer } = (await square.enter('few/full')).socket
      expect(answer.header('x-after')).toBe('1')
    }
    const answer = await square.knock('/few/full', { 'sec-websocket-protocol': 'denwa.v1.json' })
    expect([answer.status, answer.body]).toEqual([503, 'Too many connections\n'])
    expect(answer.header('retry-after')).toBe('7')
    expect(answer.header('sec-websocket-protocol')).toBeUndefined()
    expect(answer.header('x-after')).toBe('1')
    expect(await square.notes('refused')).toContain('503 /:policy/:room: Too many connections')
  })

  test('a rate limit answers, and then closes', async () => {
    const ann = await square.enter('rate/rate')
    await ann.next()
    for (let id = 1; id <= 3; id++) expect((await ann.ask('whoami', id)).error).toBeUndefined()
    // One that the client could not know of, and three strikes.
    for (let id = 4; id <= 7; id++) {
      const { error } = await ann.ask('whoami', id)
      expect(error).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) })
    }
    ann.send({ type: 'whoami', id: 8 })
    expect(await ann.closed()).toBe(4203)
  })

  test.concurrent('credential, idleTimeout and maxAge are followed', async ({ expect }) => {
    const all = [
      square.enter('credential/life', { token: 'ann.500' }),
      square.enter('idle/life'),
      square.enter('age/life'),
      square.enter('frame/life'),
    ]
    const codes = await Promise.all(all.map(async (entering) => (await entering).closed(9000)))
    expect(codes).toEqual([4101, 4201, 4200, 4108])
  })

  describe.concurrent('a raw socket', () => {
    test('is closed when its credential has expired', async ({ expect }) => {
      const ann = await square.enter('raw/credential/raw', { token: 'ann.500' })
      ann.socket.send('hello')
      expect(await ann.socket.next(PATIENCE_MS)).toBe('hello')
      expect(await ann.closed(9000)).toBe(4101)
      await expect(square.enter('raw/credential/raw')).rejects.toThrow('refused with 401')
    })

    test('is closed when it says nothing', async ({ expect }) => {
      const ann = await square.enter('raw/idle/raw')
      await sleep(100)
      ann.socket.send('hello')
      expect(await ann.closed(9000)).toBe(4201)
    })

    test('is closed when it says too much', async ({ expect }) => {
      const ann = await square.enter('raw/rate/raw')
      for (let i = 0; i < 4; i++) ann.socket.send(`${i}`)
      expect(await ann.closed()).toBe(4203)
    })

    test('is counted', async ({ expect }) => {
      await square.enter('raw/few/counted')
      await expect(square.enter('raw/few/counted')).rejects.toThrow('refused with 503')
    })
  })

  test('a subject that is too large is an error that says so', async () => {
    const ann = square.enter('huge/huge', { token: 'annabel' })
    const why = 'RangeError: Cannot keep a subject of 7000 characters'
    await expect(ann).rejects.toThrow(`refused with 500: ${why}`)
    const ben = await square.enter('huge/huge')
    ben.send({ type: '$auth', id: 1, token: 'benedict' })
    expect(await ben.closed()).toBe(1011)
    expect((await square.notes('errors')).join()).toContain(
      'verify: Cannot keep a subject of 8000 characters',
    )
  })

  test('nothing else went wrong, and nothing was reported by the runtime', async () => {
    expect(await square.notes('errors')).toHaveLength(1)
    expect(server.stderr()).toBe('')
  })
})
