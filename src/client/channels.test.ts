import { describe, expect, test } from 'vitest'
import { type Client, client } from '../../test/support/line.ts'
import type { Channel } from './channel.ts'

const room = 'room/1'

function open(): Client {
  const made = client()
  made.line.open({ resume: 'secret-1' })
  return made
}

/** All that the application hears of a channel. */
function log(channel: Channel): unknown[] {
  const heard: unknown[] = []
  channel.on('said', (data) => heard.push(data))
  channel.onReset((reason) => heard.push(`reset ${reason}`))
  channel.onStatus((status, error) => heard.push(error ? `${status} ${error.code}` : status))
  return heard
}

const said = (offset?: number): object => ({ type: 'said', data: offset ?? 'x', offset })
const publication = (offset?: number): object => ({ channel: room, ...said(offset) })

/** A client on a channel with history, at offset 5. */
async function onRoom(): Promise<Client & { channel: Channel; heard: unknown[] }> {
  const made = open()
  const channel = made.channels.join(room)
  const heard = log(channel)
  await made.line.heard()
  made.line.say({ id: 1, data: { position: ['x', 5] } })
  heard.length = 0
  return { ...made, channel, heard }
}

async function back(c: Client): Promise<any[]> {
  c.clock.advance(750)
  const line = c.lines.at(-1)!
  line.open({ resume: 'secret-2' })
  return line.heard()
}

describe('to join', () => {
  test('asks the server, and hears what is published from its reply on', async () => {
    const { channels, line } = open()
    const channel = channels.join(room, { last: 20 })
    const heard = log(channel)
    expect(await line.heard()).toEqual([
      { id: 1, timeout: 10_000, type: '$join', channel: room, last: 20 },
    ])
    line.say(publication(7))
    line.say({ id: 1, data: { position: ['x', 7], publications: [said(6), said(7)] } })
    line.say(publication(8), publication(8))
    expect(heard).toEqual(['joined', 6, 7, 8])
    expect([channel.status, channel.position]).toEqual(['joined', ['x', 8]])
  })

  test('twice is to join once', async () => {
    const { channels, line } = open()
    expect(channels.join(room)).toBe(channels.join(room))
    expect(await line.heard()).toHaveLength(1)
  })

  test('goes out before what has waited, in the same message', async () => {
    const { channels, line, socket } = client()
    socket.send('a')
    channels.join(room)
    line.open()
    await line.heard()
    expect(line.texts.map((text) => JSON.parse(text).map((frame: any) => frame.type))).toEqual([
      ['$join', 'a'],
    ])
  })

  test('may be refused, and then it is over', async () => {
    const { channels, line, lines, clock } = open()
    const heard = log(channels.join(room))
    await line.heard()
    line.say({ id: 1, error: { code: 'forbidden', message: 'no' } })
    line.say(publication())
    expect(heard).toEqual(['left forbidden'])
    line.lose()
    clock.advance(750)
    lines[1]!.open()
    expect(await lines[1]!.heard()).toEqual([])
    expect(channels.join(room).status).toBe('joining')
  })

  test('is tried again when that is worth it, later and later', async () => {
    const { channels, clock, line } = open()
    const channel = channels.join(room)
    const overloaded = { code: 'overloaded', message: '', retryAfter: 100 }
    await line.heard()
    line.say({ id: 1, error: overloaded })
    clock.advance(124)
    expect(await line.heard()).toEqual([])
    clock.advance(1)
    expect(await line.heard()).toMatchObject([{ id: 2, type: '$join' }])
    line.say({ id: 2, error: overloaded })
    clock.advance(732)
    expect(await line.heard()).toEqual([])
    clock.advance(1)
    expect(await line.heard()).toMatchObject([{ id: 3 }])
    line.say({ id: 1, data: {} })
    expect(channel.status).toBe('joining')
    line.say({ id: 3, data: {} })
    expect(channel.status).toBe('joined')
  })

  test('that is not answered is tried again', async () => {
    const { channels, clock, line } = open()
    channels.join(room)
    await line.heard()
    line.say('pong')
    clock.advance(10_000)
    expect(await line.heard()).toMatchObject([{ id: 2, type: '$join' }])
  })

  test('goes on from a position that was kept', async () => {
    const { channels, line } = open()
    const heard = log(channels.join(room, { since: ['x', 3] }))
    expect(await line.heard()).toMatchObject([{ since: ['x', 3] }])
    line.say({ id: 1, data: { position: ['x', 4], recovered: true, publications: [said(4)] } })
    expect(heard).toEqual(['joined', 4])
    expect(channels.positions()).toEqual({ [room]: ['x', 4] })
    for (const since of [[], ['x'], ['x', -1], 'x', null] as never[]) {
      expect(() => channels.join('room/2', { since })).toThrow(TypeError)
    }
  })

  test('answered by nonsense ends the connection', async () => {
    const { channels, line } = open()
    channels.join(room)
    await line.heard()
    line.say({ id: 1, data: { position: ['x', -1] } })
    expect(line.closed?.[0]).toBe(4000)
  })
})

describe('after the connection was lost', () => {
  test('who may have been let in, and was not told, proves to be the same', async () => {
    const c = open()
    c.channels.join(room)
    await c.line.heard()
    c.line.lose()
    expect(await back(c)).toMatchObject([{ type: '$join', resume: 'secret-1' }])
    c.lines[1]!.lose()
    c.clock.advance(750)
    c.lines[2]!.open()
    expect(await c.lines[2]!.heard()).toMatchObject([{ type: '$join', resume: 'secret-1' }])
  })

  test('what was missed is told', async () => {
    const c = await onRoom()
    c.line.say(publication(6))
    c.lines[0]!.lose()
    expect(await back(c)).toMatchObject([{ type: '$join', since: ['x', 6], resume: 'secret-1' }])
    c.lines[1]!.say(publication(8))
    c.lines[1]!.say({
      id: 2,
      data: { position: ['x', 7], recovered: true, publications: [said(7)] },
    })
    c.lines[1]!.say(publication(8))
    expect(c.heard).toEqual([6, 'joining', 'joined', 7, 8])
  })

  test('or it is lost, of which one is told once', async () => {
    const c = await onRoom()
    c.lines[0]!.lose()
    await back(c)
    c.lines[1]!.say({ id: 2, data: { position: ['y', 2], recovered: false, reason: 'epoch' } })
    c.lines[1]!.say(publication(3))
    expect(c.heard).toEqual(['joining', 'joined', 'reset epoch', 3])
    expect(c.channel.position).toEqual(['y', 3])
  })

  test('what the server has kept may be of no use, and then the position is neither', async () => {
    const c = await onRoom()
    c.lines[0]!.lose(4210)
    expect((await back(c))[0]).not.toHaveProperty('since')
    c.lines[1]!.say({ id: 2, data: { position: ['x', 9] } })
    expect(c.heard).toEqual(['joining', 'joined', 'reset lost'])
  })

  test('so too a position that was kept, of which nothing was heard yet', async () => {
    const c = open()
    const heard = log(c.channels.join(room, { since: ['x', 5] }))
    await c.line.heard()
    c.line.lose(4210)
    expect((await back(c))[0]).not.toHaveProperty('since')
    c.lines[1]!.say({ id: 2, data: { position: ['x', 9] } })
    expect(heard).toEqual(['joined', 'reset lost'])
  })

  test('a channel without history begins anew', async () => {
    const c = open()
    const heard = log(c.channels.join(room))
    await c.line.heard()
    c.line.say({ id: 1, data: {} })
    c.line.say(publication())
    c.line.lose()
    await back(c)
    c.line.say({ id: 2, data: {} })
    c.line.say(publication())
    expect(heard).toEqual(['joined', 'x', 'joining', 'joined', 'reset lost', 'x'])
  })
})

describe('a gap', () => {
  test('that shows is asked for', async () => {
    const { line, heard } = await onRoom()
    line.say(publication(7), publication(8))
    expect(await line.heard()).toMatchObject([{ type: '$join', since: ['x', 5] }])
    const publications = [said(6), said(7), said(8)]
    line.say({ id: 2, data: { position: ['x', 8], recovered: true, publications } })
    expect(heard).toEqual(['joining', 'joined', 6, 7, 8])
  })

  test('of which the server tells is asked for', async () => {
    const { line, channel } = await onRoom()
    line.say({ type: '$gap', channel: room, reason: 'slow' })
    expect(channel.status).toBe('joining')
    expect(await line.heard()).toMatchObject([{ type: '$join', since: ['x', 5] }])
  })

  test('again and again is asked for later and later', async () => {
    const { clock, line } = await onRoom()
    let count = 0
    for (let n = 0; n < 600; n++) {
      line.say(publication(1e15))
      for (const { id, type } of await line.heard()) {
        if (type !== '$join') continue
        count++
        line.say({ id, data: { position: ['x', 5], recovered: true } })
      }
      line.say('pong')
      clock.advance(100)
    }
    expect(count).toBeLessThan(12)
  })
})

describe('the server', () => {
  test('may put one on a channel, and one hears of it before anything else', async () => {
    const c = open()
    const heard: unknown[] = []
    c.channels.onPut((channel) => {
      heard.push(channel.address)
      channel.on('said', (data) => heard.push(data))
    })
    c.line.say({ type: '$joined', channel: room, data: { position: ['x', 1] } })
    c.line.say(publication(2))
    expect(heard).toEqual([room, 2])
    c.line.lose()
    expect(await back(c)).toMatchObject([{ type: '$join', channel: room, since: ['x', 2] }])
  })

  test('may put one where one is already', async () => {
    const { line, heard } = await onRoom()
    line.say({ type: '$joined', channel: room, data: { position: ['x', 5] } })
    line.say(publication(6))
    expect(heard).toEqual([6])
  })

  test('may put one where one has asked to go on: the answer tells what was missed', async () => {
    const c = await onRoom()
    c.line.lose()
    const [{ id }] = await back(c)
    const line = c.lines.at(-1)!
    line.say({ type: '$joined', channel: room, data: { position: ['x', 7] } }, publication(8))
    const publications = [6, 7, 8].map(said)
    line.say({ id, data: { position: ['x', 8], recovered: true, publications } }, publication(9))
    expect(c.heard).toEqual(['joining', 'joined', 6, 7, 8, 9])
  })

  test('may put one where one has asked for the newest', async () => {
    const { channels, line } = open()
    const channel = channels.join(room, { last: 2 })
    const heard = log(channel)
    await line.heard()
    line.say({ type: '$joined', channel: room, data: { position: ['x', 7] } })
    line.say({ id: 1, data: { position: ['x', 7], publications: [said(6), said(7)] } })
    expect(heard).toEqual(['joined', 6, 7])
  })

  test('may put one where one must not ask', async () => {
    const c = await onRoom()
    c.line.lose()
    const [{ id }] = await back(c)
    const line = c.lines.at(-1)!
    line.say({ type: '$joined', channel: room, data: { position: ['x', 7] } })
    line.say({ id, error: { code: 'forbidden' } }, publication(8))
    expect(c.heard).toEqual(['joining', 'joined', 'reset lost', 8])
  })

  test('may put one where one must not ask, and where nothing is kept', async () => {
    const { channels, line } = open()
    const heard = log(channels.join(room))
    await line.heard()
    line.say({ type: '$joined', channel: room, data: {} }, publication())
    line.say({ id: 1, error: { code: 'forbidden' } }, publication())
    expect(heard).toEqual(['joined', 'x', 'x'])
  })

  test('may put one where one must not ask, as one has learned only after a while', async () => {
    const c = await onRoom()
    c.line.lose()
    const [{ id }] = await back(c)
    const line = c.lines.at(-1)!
    line.say({ type: '$joined', channel: room, data: { position: ['x', 7] } })
    line.say({ id, error: { code: 'rate_limited', retryAfter: 100 } })
    c.clock.advance(1000)
    const [again] = await line.heard()
    line.say({ id: again.id, error: { code: 'forbidden' } }, publication(8))
    expect(c.heard).toEqual(['joining', 'joined', 'reset lost', 8])
  })

  test('may take one off', async () => {
    const { channels, line, heard } = await onRoom()
    line.say({ type: '$left', channel: room, code: 'revoked' })
    line.say(publication(6))
    expect(heard).toEqual(['left revoked'])
    expect(channels.positions()).toEqual({})
  })
})

describe('to leave', () => {
  test('and to join again as soon as one hears of it are told in that order', async () => {
    const { channel, channels, line } = await onRoom()
    channel.onStatus(() => channels.join(room))
    void channel.leave()
    expect(await line.heard()).toMatchObject([{ type: '$leave' }, { type: '$join' }])
  })

  test('tells the server, and nothing is heard any more', async () => {
    const { channel, channels, line, heard } = await onRoom()
    let left = false
    void channel.leave().then(() => (left = true))
    line.say(publication(6))
    expect(await line.heard()).toMatchObject([{ id: 2, type: '$leave', channel: room }])
    expect([heard, left]).toEqual([['left'], false])
    line.say({ id: 2, data: null })
    await line.heard()
    expect([left, channel.position]).toEqual([true, ['x', 5]])
    await channel.leave()
    expect(channels.join(room, { since: channel.position })).not.toBe(channel)
    expect(await line.heard()).toMatchObject([{ id: 3, type: '$join', since: ['x', 5] }])
  })

  test('within a listener ends what is being told', async () => {
    const { channel, line, heard } = await onRoom()
    channel.on('said', () => void channel.leave())
    line.say({ type: '$gap', channel: room })
    await line.heard()
    const publications = [said(6), said(7)]
    line.say({ id: 2, data: { position: ['x', 7], recovered: true, publications } })
    expect(heard).toEqual(['joining', 'joined', 6, 'left'])
    expect(channel.position).toEqual(['x', 6])
  })

  test('needs no connection', async () => {
    const { channels, line } = client()
    const channel = channels.join(room)
    await channel.leave()
    line.open()
    expect(await line.heard()).toEqual([])
  })
})

describe('who is there', () => {
  test('is told with the reply, then by what changes, and asked for if that has a hole', async () => {
    const { channel, clock, heard, line } = await onRoom()
    line.say({ type: '$gap', channel: room })
    await line.heard()
    const presence = { version: 17, members: { c_1: 'ann' }, count: 1, self: 'c_1' }
    line.say({ id: 2, data: { position: ['x', 5], recovered: true, presence } })
    expect([...channel.presence.members]).toEqual([['c_1', 'ann']])
    line.say({ type: '$presence', channel: room, version: 18, joined: { c_2: 'bob' } })
    line.say({ type: '$presence', channel: room, version: 20, joined: { c_4: 'dan' } })
    line.say({ type: '$presence', channel: room, version: 21, left: ['c_4'] })
    clock.advance(1000)
    expect(await line.heard()).toMatchObject([
      { id: 3, type: '$join', channel: room, since: ['x', 5] },
    ])
    const now = { version: 21, members: { c_1: 'ann', c_3: 'cy' } }
    line.say({ id: 3, data: { position: ['x', 5], recovered: true, presence: now } })
    expect([...channel.presence.members.values()]).toEqual(['ann', 'cy'])
    line.say({ type: '$presence', channel: room, version: 22, left: ['c_3'] })
    expect(channel.presence.count).toBe(1)
    expect(heard).toEqual(['joining', 'joined'])
  })

  test('that cannot be told is told with another join', async () => {
    const { channel, line } = await onRoom()
    line.say({
      type: '$joined',
      channel: room,
      data: { position: ['x', 5], presence: { version: 1 } },
    })
    line.say({ type: '$presence', channel: room, version: 9 })
    await line.heard()
    line.say(publication(6))
    line.say({ id: 2, error: { code: 'overloaded', message: '', retryAfter: 0 } })
    expect(await line.heard()).toMatchObject([{ id: 3, type: '$join', since: ['x', 6] }])
    const presence = { version: 9, members: { a: 1 } }
    line.say({ id: 3, data: { position: ['x', 6], recovered: true, presence } })
    expect([channel.presence.count, channel.status]).toEqual([1, 'joined'])
  })

  test('that cannot be told for one may not ask: one stays where the server has put one', async () => {
    const { channel, clock, heard, line } = await onRoom()
    const presence = { version: 1, members: {} }
    const put = { type: '$joined', channel: room, data: { position: ['x', 5], presence } }
    line.say(put, { type: '$presence', channel: room, version: 9 })
    const [{ id }] = await line.heard()
    line.say({ id, error: { code: 'forbidden' } }, publication(6))
    expect([channel.status, heard]).toEqual(['joined', [6]])
    line.say({ ...put, data: { position: ['x', 6], presence: { version: 9, members: { a: 1 } } } })
    expect(channel.presence.count).toBe(1)
    clock.advance(5000)
    expect(channel.status).toBe('joined')
  })

  test('is not asked any more once one has left, however often it was to be asked', async () => {
    const { channel, clock, heard, line } = await onRoom()
    const presence = { version: 1, members: {} }
    const data = { position: ['x', 5], presence }
    const put = { type: '$joined', channel: room, data }
    const hole = { type: '$presence', channel: room, version: 9 }
    line.say(put, hole)
    const [{ id }] = await line.heard()
    line.say({ id, data }, hole, put, hole)
    void channel.leave()
    await line.heard()
    clock.advance(5000)
    expect(await line.heard()).toEqual([])
    expect([channel.status, heard]).toEqual(['left', ['left']])
  })
})
