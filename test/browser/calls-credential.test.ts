import { expect } from 'vitest'
import { describeCalls, test } from './calls/stage.ts'

const GRACE_MS = 3000
const [OVER, BRIEF, LONG] = ['ann.-1000', 'ann.+6000', 'ann.+600000'] as const

describeCalls('a browser whose credential ends', (stage) => {
  const enter = (tokens: string[], room: string): Promise<void> =>
    stage.tabs[0].enter({ name: 'ann', room, by: 'private', tokens })

  test('in time gives the new one that is wanted, and goes on', async () => {
    const [ann, bob] = stage.tabs
    const room = stage.room()
    await enter([BRIEF, LONG], room)
    await bob.enter({ name: 'bob', room })
    await bob.joined('ann', 'bob')
    const { connections } = ann.net
    const { asked, shown } = await ann.until('it is wanted', ({ asked }) => asked.length > 1)
    expect(asked).toEqual([false, true])
    const over = Number(shown[0]!.slice('ann.'.length)) + GRACE_MS + 500
    await ann.until('the first one is over', () => Date.now() > over)
    await ann.say('still here')
    const look = await ann.until('an answer', ({ outcomes }) => !!outcomes['still here'])
    expect(look).toMatchObject({ outcomes: { 'still here': ['ok'] }, errors: [], asked })
    expect(look.statuses).toEqual(['connecting', 'open'])
    expect(ann.net.connections).toBe(connections)
    expect((await bob.look()).presence.toSorted()).toEqual(['+ann', '+bob'])
  })

  test('unrenewed gets one new one when it has ended, and has missed nothing', async () => {
    const [ann, bob] = stage.tabs
    const room = stage.room()
    await enter([BRIEF, '!', LONG], room)
    await bob.enter({ name: 'bob', room })
    await bob.joined('ann', 'bob')
    await ann.joined('ann', 'bob')
    await bob.say('before')
    await ann.until('it has ended', ({ statuses }) => statuses.includes('waiting 4101'))
    await bob.say('after')
    const look = await ann.until('both', ({ heard }) => heard.length === 2)
    expect(look.heard.map(({ offset, text }) => [offset, text])).toEqual([
      [1, 'before'],
      [2, 'after'],
    ])
    expect(look).toMatchObject({ resets: [], errors: ['unauthenticated'] })
    expect(look.statuses).toEqual(['connecting', 'open', 'waiting 4101', 'connecting', 'open'])
    expect(look.asked).toEqual([false, true, true])
    await bob.joined('ann', 'bob')
  })

  test('before it came gets one new one', async () => {
    const [ann] = stage.tabs
    await enter([OVER, LONG], stage.room())
    const { statuses, asked } = await ann.joined('ann')
    expect(statuses).toEqual(['connecting', 'waiting 4101', 'connecting', 'open'])
    expect(asked).toEqual([false, true])
    expect(ann.net.connections).toBe(3)
  })

  test('and is refused twice is told why, and stays away', async () => {
    const [ann] = stage.tabs
    await enter(['bad.1', 'bad.2'], stage.room())
    const look = await ann.until('it is over', ({ status }) => status === 'closed')
    expect(look.statuses).toEqual(['connecting', 'waiting 4100', 'connecting', 'closed 4100'])
    expect(look.reasons).toEqual(['The credential is not valid'])
    expect(look.asked).toEqual([false, true])
    await ann.say('nobody there')
    const { outcomes } = await ann.until('no answer', ({ outcomes }) => !!outcomes['nobody there'])
    expect(outcomes).toEqual({ 'nobody there': ['connection_lost'] })
    expect(ann.net.connections).toBe(3)
  })
})
