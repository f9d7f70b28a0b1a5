import { expect } from 'vitest'
import { describeCalls, test } from './calls/stage.ts'
import type { Look } from './calls/tab.ts'
import { expectWhole } from './calls/whole.ts'

describeCalls('a page', (stage) => {
  test('that is loaded again goes on where it was, whatever is said meanwhile', async () => {
    const { room, ann, bob } = await stage.meet()
    const words = Array.from({ length: 20 }, (_, n) => `word ${n}`)
    await bob.say(...words.slice(0, 5))
    await ann.until('some are heard', ({ heard }) => heard.length > 0)
    await bob.page.evaluate((words) => {
      const said = setInterval(() => {
        const word = words.shift()
        if (word === undefined) clearInterval(said)
        else call.mutter(word)
      }, 50)
    }, words.slice(5))
    const again = await ann.reload({ name: 'ann', room, goesOn: true }).then(() => ann.look())
    expect(again.heard.length).toBeGreaterThan(0)
    const { heard, resets } = await ann.until('all', ({ heard }) => heard.length >= 20)
    expect(heard.map(({ offset, text }) => [offset, text])).toEqual(
      words.map((word, index) => [index + 1, word]),
    )
    expect(resets).toEqual([])
    await Promise.all([ann, bob].map((tab) => tab.joined('ann', 'bob')))
    // The new page is another member. The old one goes at once, or as one who is lost: a server may find that it
    // cannot write to her before it reads her Close.
    const { presence } = await bob.look()
    expect(presence.toSorted()).toEqual(['+ann', '+ann', '+bob', '-ann'])
  })

  test('says what it can keep once it is back, and tells of the rest', async () => {
    const [ann, bob] = stage.tabs
    const room = stage.room()
    await bob.enter({ name: 'bob', room })
    await bob.joined('bob')
    await ann.enter({ name: 'ann', room, queue: { max: 3, overflow: 'oldest' } })
    await ann.joined('ann', 'bob')
    await bob.joined('ann', 'bob')
    ann.net.set({ isDown: true })
    ann.net.cut()
    await ann.until('it is cut', ({ status }) => status !== 'open')
    await ann.say('a', 'b', 'c', 'd', 'e')
    const early = await ann.until('a is too old', ({ outcomes }) => outcomes['a'] !== undefined)
    expect(early.outcomes).toEqual({ a: ['queue_full'], b: ['queue_full'] })
    ann.net.set({})
    const { outcomes } = await ann.until(
      'all',
      ({ outcomes }) => Object.keys(outcomes).length === 5,
    )
    expect(outcomes).toEqual({ ...early.outcomes, c: ['ok'], d: ['ok'], e: ['ok'] })
    const { heard, presence } = await bob.until('all', ({ heard }) => heard.length === 3)
    expect(heard.map(({ text }) => text)).toEqual(['c', 'd', 'e'])
    expect(presence.toSorted()).toEqual(['+ann', '+bob'])
  })

  test('has a socket no longer than it needs one', async () => {
    const { ann, bob } = await stage.meet()
    const status = await ann.page.evaluate(async () => (await call.drop('cy', 'in passing'))())
    expect(status).toBe('closed')
    const here = await bob.until('cy has left', ({ presence }) => presence.includes('-cy'))
    expect(here.heard.map(({ from, text }) => `${from}: ${text}`)).toEqual(['cy: in passing'])
    expect(here.members.toSorted()).toEqual(['ann', 'bob'])
    const [annsLook, bobsLook] = [await ann.look(), here].map((look) => ({
      ...look,
      presence: look.presence.filter((told) => !told.endsWith('cy')),
    }))
    expectWhole(annsLook!, bobsLook!)
  })

  test('that is told of the network does not wait for its next turn', async () => {
    const [ann] = stage.tabs
    await ann.enter({ name: 'ann', room: stage.room(), random: 0.99 })
    await ann.joined('ann')
    ann.net.set({ isDown: true })
    ann.net.cut()
    const isLong = ({ times }: Look): boolean => (times.at(-1)!.pauseMs ?? 0) > 4000
    const { statuses } = await ann.until('a long pause', isLong)
    ann.net.set({})
    const context = ann.page.context()
    await context.setOffline(true)
    await context.setOffline(false)
    const back = await ann.joined('ann')
    expect(back.statuses).toEqual([...statuses, 'connecting', 'open'])
    const [pause, end] = back.times.slice(-3)
    expect(end!.at - pause!.at).toBeLessThan(pause!.pauseMs! - 100)
  })

  test("has a plain socket that comes back, through Hono's client", async () => {
    const [ann] = stage.tabs
    await ann.enter({ name: 'ann', room: stage.room() })
    const echo = await ann.page.evaluateHandle(() => openEcho())
    const told = async (...wanted: string[]): Promise<void> => {
      await ann.page.waitForFunction(
        ({ echo, last }) => echo.told.at(-1) === last,
        { echo, last: wanted.at(-1) },
        { polling: 20 },
      )
      // An error for each attempt.
      const all = await echo.evaluate(({ told }) => told)
      expect(all.filter((each, index) => each !== all[index - 1])).toEqual(wanted)
    }
    const send = (text: string): Promise<void> =>
      echo.evaluate(({ socket }, text) => socket.send(text), text)
    await send('one')
    await told('open', 'message one')
    ann.net.set({ isDown: true })
    ann.net.cut()
    await told('open', 'message one', 'error')
    await send('two')
    ann.net.set({})
    await told('open', 'message one', 'error', 'open', 'message two')
    await echo.evaluate(({ socket }) => socket.close(1000))
    await told('open', 'message one', 'error', 'open', 'message two', 'close')
  })
})
