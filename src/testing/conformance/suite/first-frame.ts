import { type Kit, sleep } from '../kit.ts'

const JSON_V1 = 'denwa.v1.json'

/** A credential as the first frame: nothing of a client is handled before. */
export function firstFrame(kit: Kit): void {
  const { expect, can } = kit
  const raw = kit.given(can.tcp, 'no TCP')
  const channels = kit.given(can.channels, 'no channels')
  const auth = (token: string, id?: number): object => ({
    type: '$auth',
    token,
    ...(id !== undefined && { id }),
  })

  kit.test('open waits for it; the welcome comes before the reply', async (it) => {
    const socket = await it.open(`/frame/${it.room}?openMs=20`, { protocols: [JSON_V1] })
    expect(await it.trace()).toEqual(['state'])
    socket.frame(auth('ann.60000', 1))
    const frames = await socket.take(3)
    expect(frames[0].type).toBe('$welcome')
    expect(frames[0].expires).toBeGreaterThan(50_000)
    expect(frames.slice(1)).toEqual([
      { id: 1, data: { expires: 60_000 } },
      { type: 'opened', data: { id: frames[0].id } },
    ])
    socket.request('whoami', 2)
    expect((await socket.next()).data.state).toMatchObject({ room: it.room, user: 'ann' })
  })

  kit.test('without a subprotocol, and without an id, it is silent', async (it) => {
    const socket = await it.open(`/frame/${it.room}`)
    socket.frame(auth('ann'))
    socket.request('whoami', 1)
    expect((await socket.next()).data.state.user).toBe('ann')
  })

  kit.test('a credential with the handshake makes it needless', async (it) => {
    const headers = { authorization: 'Bearer ann' }
    const socket = await it.open(`/frame/${it.room}`, { headers })
    socket.request('whoami', 1)
    expect((await socket.next()).data.state.user).toBe('ann')
  })

  kit.test('ping is answered before it', async (it) => {
    const socket = await it.open(`/frame/${it.room}`)
    for (let i = 0; i < 3; i++) {
      socket.text('ping')
      expect(await socket.next()).toBe('pong')
    }
    socket.frame(auth('ann', 1))
    expect(await socket.next()).toEqual({ id: 1, data: { expires: null } })
  })

  kit.test('the rest of its array is handled after open, in order', async (it) => {
    const socket = await it.open(`/frame/${it.room}?openMs=100`, { protocols: [JSON_V1] })
    socket.frame([
      auth('ann', 1),
      { type: 'note', data: { text: 'one' } },
      { type: 'echo', id: 2, data: { text: 'two' } },
    ])
    socket.message('note', { text: 'three' })
    const frames = await socket.take(6)
    expect(frames.map(({ type, id, data }) => [type ?? id, data?.text])).toEqual([
      ['$welcome', undefined],
      [1, undefined],
      ['opened', undefined],
      ['noted', 'one'],
      [2, 'two'],
      ['noted', 'three'],
    ])
    expect(await it.trace()).toEqual(['state', 'open', 'opened', 'note one', 'note three'])
  })

  kit.test('what comes while it is verified is kept', async (it) => {
    const socket = await it.open(`/frame/${it.room}`)
    socket.frame(auth('slow', 1))
    socket.message('note', { text: 'one' })
    socket.message('note', { text: 'two' })
    expect(await it.trace()).toEqual(['state'])
    const frames = await socket.take(3)
    expect(frames.map(({ id, data }) => id ?? data.text)).toEqual([1, 'one', 'two'])
  })

  kit.attack('none in time is 4108, and a ping is none', async (it) => {
    const socket = await it.open(`/hasty/${it.room}`)
    socket.text('ping')
    expect(await socket.closed(4000)).toMatchObject({ code: 4108, reason: 'no credential in time' })
    const late = await it.open(`/hasty/${it.room}`)
    late.frame(auth('never', 1))
    expect((await late.closed(4000)).code).toBe(4108)
    expect(await it.trace()).toEqual(['state', 'state'])
  })

  const wrong: [name: string, frame: string, code: number][] = [
    ['another frame', '{"type":"note","data":{"text":"x"}}', 4100],
    ['a request', '{"type":"whoami","id":1}', 4100],
    ['a join', '{"type":"$join","id":1,"channel":"room/x"}', 4100],
    ['no token', '{"type":"$auth","id":1}', 4100],
    ['no JSON', 'hello', 4100],
    ['an array that begins with another', '[{"type":"note"},{"type":"$auth","token":"ann"}]', 4100],
    ['an invalid credential', '{"type":"$auth","id":1,"token":"bad"}', 4100],
    ['an expired credential', '{"type":"$auth","id":1,"token":"ann.0"}', 4101],
    ['5 KiB', JSON.stringify({ type: '$auth', token: 'x'.repeat(5120) }), 1009],
    ['a credential that breaks verify', '{"type":"$auth","id":1,"token":"broken"}', 1011],
  ]
  for (const [name, frame, code] of wrong) {
    kit.attack(`${name} instead is ${code}, and nothing runs`, async (it) => {
      const socket = await it.open(`/frame/${it.room}`)
      socket.text(frame)
      socket.message('note', { text: 'too early' })
      const closed = await socket.closed()
      expect(closed.code).toBe(code)
      expect(closed.reason).not.toContain('secret')
      expect(await it.trace()).toEqual(['state'])
    })
  }

  kit.attack('bytes instead are 4100', async (it) => {
    const socket = await it.open(`/frame/${it.room}`)
    socket.text(new Uint8Array(10))
    expect((await socket.closed()).code).toBe(4100)
  })

  kit.attack('guesses are five in a minute, then 429', async (it) => {
    const path = `/frame/${it.room}`
    for (let i = 0; i < 5; i++) {
      const socket = await it.open(path)
      socket.frame(auth('bad'))
      expect((await socket.closed()).code).toBe(4100)
    }
    expect((await it.link(path)).status).toBe(429)
  })

  kit.attack('guesses on connections that were open before are five, too', async (it) => {
    const path = `/frame/${it.room}`
    const guests = await Promise.all(Array.from({ length: 50 }, () => it.open(path)))
    for (const guest of guests) guest.frame(auth('bad'))
    const codes = await Promise.all(guests.map(async (guest) => (await guest.closed(5000)).code))
    expect(codes.filter((code) => code === 4100).length).toBe(5)
    expect(codes.filter((code) => code === 4203).length).toBe(45)
    expect((await it.link(path)).status).toBe(429)
  })

  kit.test('many honest ones at once are all let in', async (it) => {
    const path = `/frame/${it.room}`
    const guests = await Promise.all(Array.from({ length: 20 }, () => it.open(path)))
    for (const guest of guests) guest.frame(auth('slow', 1))
    for (const guest of guests) expect((await guest.next(5000)).id).toBe(1)
  })

  kit.test('in front of an app that is mounted it is waited for as well', async (it) => {
    const guest = await it.open(`/mounted-frame/${it.room}`)
    guest.request('whoami', 1)
    expect((await guest.closed()).code).toBe(4100)
    const ann = await it.open(`/mounted-frame/${it.room}`)
    ann.frame(auth('ann', 1))
    ann.request('whoami', 2)
    expect((await ann.take(2)).map(({ id }) => id)).toEqual([1, 2])
    ann.close()
    expect((await it.link(`/mounted-page/${it.room}`)).status).toBe(401)
  })

  channels.attack('nothing of a channel is heard before', async (it) => {
    const socket = await it.open(`/frame/${it.room}?join=1`)
    const member = await it.open(`/socket/${it.room}?join=1`)
    member.request('echo', 1, { text: 'in' })
    await member.find(({ id }) => id === 1)
    await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'before' })
    expect((await member.find(({ type }) => type === 'said')).data.text).toBe('before')
    socket.frame(auth('ann', 1))
    await socket.find(({ id }) => id === 1)
    socket.request('echo', 2, { text: 'in' })
    const heard = await socket.find(({ id, type }) => id === 2 || type === 'said')
    expect(heard.id).toBe(2)
    await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'after' })
    expect((await socket.find(({ type }) => type === 'said')).data.text).toBe('after')
  })

  raw.attack('clients that leave while it is verified open nothing', async (it) => {
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const socket = await it.socket(`/frame/${it.room}`)
        socket.send(JSON.stringify(auth('slow', 1)))
        await sleep(i * 4)
        socket.reset()
      }),
    )
    await sleep(200)
    expect((await it.trace()).filter((note) => note !== 'state')).toEqual([])
  })
}
