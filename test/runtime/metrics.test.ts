import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, dial, readAnswer, request, upgradeRequest } from '../../src/testing/raw-client.ts'
import { type Launched, launch } from '../../tools/launch.ts'

describe.each(['node', 'bun', 'deno'] as const)('%s', (runtime) => {
  let server: Launched
  beforeAll(async () => {
    server = await launch({ runtime, entry: `${import.meta.dirname}/metrics/${runtime}.ts` })
  })
  afterAll(() => server.close())

  /** The page that Prometheus reads: the values of ours, by metric and labels. */
  async function scrape(): Promise<Record<string, number>> {
    const { status, body, header } = await request(server.url, { target: '/metrics' })
    expect([status, header('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain/)])
    const lines = body.split('\n').filter((line) => line.startsWith('denwa_'))
    return Object.fromEntries(
      lines.map((line) => {
        const space = line.lastIndexOf(' ')
        return [line.slice('denwa_'.length, space), Number(line.slice(space + 1))]
      }),
    )
  }

  async function refused(target: string, headers: Record<string, string>): Promise<number> {
    const wire = await dial(server.url)
    wire.write(upgradeRequest(server.url, { target, headers }))
    const { status } = await readAnswer(wire)
    wire.destroy()
    return status
  }

  const json = async (target: string): Promise<any> =>
    JSON.parse((await request(server.url, { target })).body)

  test('a chat is counted, on the page and by OpenTelemetry', async () => {
    const route = 'route="/chat/:room"'
    const [ann, ben] = [
      await connect(server.url, { target: '/chat/lobby?token=secret' }),
      await connect(server.url, { target: '/chat/lobby' }),
    ]
    for (const each of [ann, ben]) expect(await each.next()).toContain('$joined')
    expect(await refused('/chat/lobby?token=secret', { origin: 'https://evil.example' })).toBe(403)
    expect(await refused('/nowhere', {})).toBe(404)
    const frames = ['{"type":"say","id":1,"data":"hé"}', '{"type":"mine","id":2}']
    for (const frame of frames) ann.send(frame)
    // Two publications, a reply and an error: without a subprotocol each is a message of its own.
    const heard = [await ann.next(), await ann.next(), await ann.next(), await ben.next()]
    const spans = ['publish room/:room', 'receive', 'receive say']
    expect((await json('/spans')).toSorted()).toEqual(spans)

    const joined = 2 * '{"type":"$joined","channel":"room/lobby","data":{}}'.length
    const bytes = (all: readonly unknown[]): number =>
      all.reduce<number>((sum, text) => sum + Buffer.byteLength(String(text)), 0)
    const during = await scrape()
    expect(during).toMatchObject({
      [`connections{${route}}`]: 2,
      [`connections_opened_total{${route}}`]: 2,
      [`messages_received_total{${route}}`]: 2,
      [`received_bytes_total{${route}}`]: bytes(frames),
      [`messages_sent_total{${route}}`]: 6,
      [`sent_bytes_total{${route}}`]: joined + bytes(heard),
      ['published_total{channel="room/:room",event="said"}']: 1,
      [`handled_total{${route},name="say",kind="request",code="ok"}`]: 1,
      [`handled_total{${route},name="",kind="request",code="unknown"}`]: 1,
      [`handler_duration_seconds_count{${route},name="say",kind="request"}`]: 1,
      ['handshakes_refused_total{route="",status="404",reason="404"}']: 1,
    })
    const refusals = Object.entries(during).filter(([name]) => name.includes('status="403"'))
    expect(refusals).toEqual([
      [
        expect.stringContaining(`handshakes_refused_total{${route},status="403",reason="This Or`),
        1,
      ],
    ])
    expect(Object.keys(during).join()).not.toMatch(/lobby|secret|evil|mine|c_/)

    ann.close(4999)
    await ann.closed()
    ben.destroy()
    await expect.poll(async () => (await scrape())[`connections{${route}}`]).toBe(0)
    expect(await scrape()).toMatchObject({
      [`connection_duration_seconds_count{${route},close="client"}`]: 1,
      [`connection_duration_seconds_count{${route},close="lost"}`]: 1,
    })
    const meters = Object.fromEntries(await json('/meters'))
    expect(meters['denwa.server.active_connections']).toMatchObject([{ value: 0 }])
    expect(meters['denwa.server.connection.duration']).toHaveLength(2)
    expect(meters['denwa.server.refused_handshakes']).toHaveLength(2)
  })

  test('what policies refuse is no connection', async () => {
    await connect(server.url, { target: '/few' })
    expect(await refused('/few', {})).toBe(503)
    const closed = await connect(server.url, { target: '/nobody' })
    expect((await closed.closed()).code).toBe(4100)
    const all = Object.entries(await scrape())
    const of = (route: string): unknown[] =>
      all.filter(([name]) => name.includes(`route="${route}"`) && !name.includes('received'))
    expect(of('/few')).toEqual([
      ['connections{route="/few"}', 1],
      ['connections_opened_total{route="/few"}', 1],
      ['handshakes_refused_total{route="/few",status="503",reason="Too many connections"}', 1],
    ])
    const why = 'This endpoint wants a credential'
    expect(of('/nobody')).toEqual([
      [`handshakes_refused_total{route="/nobody",status="401",reason="${why}"}`, 1],
    ])
  })

  /** How often connections of a route have ended, by the word for it. */
  const ends = async (route: string): Promise<Record<string, number>> =>
    Object.fromEntries(
      Object.entries(await scrape()).flatMap(([name, count]) => {
        const [, close] = /^connection_duration_seconds_count\{(.*)\}$/.exec(name) ?? []
        const label = `route="${route}",close=`
        return close?.startsWith(label) ? [[close.slice(label.length), count]] : []
      }),
    )

  test.each([
    ['falls silent', '/silent', 'silent', { autoPong: false, autoClose: false }],
    ['talks too fast', '/limited', 'rate_limited', {}],
    ['does not read', '/torrent', 'slow', {}],
  ])(
    'a client that %s is counted once',
    async (_, target, word, options) => {
      const socket = await connect(server.url, { target, ...options })
      if (word === 'slow') socket.wire.pause()
      if (word !== 'silent') for (let i = 0; i < 2; i++) socket.send('x')
      const once = { [`"${word}"`]: 1 }
      await expect.poll(() => ends(target), { timeout: 9_000 }).toEqual(once)
      socket.destroy()
      const all = await scrape()
      expect(all[`connections{route="${target}"}`]).toBe(0)
      expect(all[`slow_total{route="${target}"}`]).toBe(word === 'slow' ? 1 : undefined)
      expect(await ends(target)).toEqual(once)
    },
    15_000,
  )

  test('what a client is too slow for is counted, each publication once', async () => {
    const target = '/chat/flood'
    const [slow, other] = [
      await connect(server.url, { target }),
      await connect(server.url, { target }),
    ]
    slow.send('{"type":"$join","id":1,"channel":"flood/flood"}')
    while (!(await slow.next()).toString().includes('"id":1'));
    slow.wire.pause()
    other.send('{"type":"flood","id":1,"data":null}')
    while (!(await other.next(9_000)).toString().includes('"id":1'));
    slow.wire.resume()
    slow.send('{"type":"say","id":2,"data":"done"}')
    let read = 0
    for (let text = ''; !text.includes('"id":2'); text = String(await slow.next(9_000))) {
      if (text.includes('"drop"')) read++
    }
    const labels = 'route="/chat/:room",channel="flood/:room"'
    const dropped = (await scrape())[`dropped_total{${labels}}`] ?? 0
    expect(dropped).toBeGreaterThan(0)
    expect(read + dropped).toBe(100)
  }, 20_000)
})
