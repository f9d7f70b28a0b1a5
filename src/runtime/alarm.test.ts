import { describe, expect, test } from 'vitest'
import { turn } from '../../test/support/peer.ts'
import { Alarm, type AlarmStorage } from './alarm.ts'

/** What outlives the memory of an object. */
class Storage implements AlarmStorage {
  at: number | null = null
  /** All that was ever set. */
  readonly set: number[] = []

  async getAlarm(): Promise<number | null> {
    await turn()
    return this.at
  }

  async setAlarm(at: number): Promise<void> {
    await turn()
    this.set.push(at)
    this.at = at
  }
}

const fail = (error: unknown): never => {
  throw error
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn()
}

describe('an alarm', () => {
  test('is set for the next whole second: what is due within one wakes the object once', async () => {
    const storage = new Storage()
    const alarm = new Alarm(storage, fail)
    for (const at of [5900, 5001, 5500, 6000]) alarm.ask(at)
    await settled()
    expect(storage.set).toEqual([6000])
  })

  test('goes off at the earliest time asked for', async () => {
    const storage = new Storage()
    const alarm = new Alarm(storage, fail)
    for (const at of [9000, 5000, 7000]) alarm.ask(at)
    await settled()
    expect(storage.at).toBe(5000)
    alarm.ask(3000)
    alarm.ask(8000)
    await settled()
    expect(storage.at).toBe(3000)
  })

  test('of a time before a sleep is not lost to a later one', async () => {
    const storage = new Storage()
    new Alarm(storage, fail).ask(5000)
    await settled()
    const woken = new Alarm(storage, fail)
    woken.ask(9000)
    await settled()
    expect(storage.set).toEqual([5000])
    woken.ask(7000)
    await settled()
    expect(storage.set).toEqual([5000])
    woken.ask(4000)
    await settled()
    expect(storage.at).toBe(4000)
  })

  test('is set anew when it has gone off', async () => {
    const storage = new Storage()
    const alarm = new Alarm(storage, fail)
    alarm.ask(5000)
    await settled()
    storage.at = null
    alarm.off()
    alarm.ask(8000)
    alarm.ask(7000)
    await settled()
    expect(storage.at).toBe(7000)
  })

  test('that goes off while it is asked for is set for what is asked next', async () => {
    const storage = new Storage()
    const alarm = new Alarm(storage, fail)
    alarm.ask(5000)
    alarm.off()
    await settled()
    expect(storage.set).toEqual([])
    alarm.ask(6000)
    await settled()
    expect(storage.set).toEqual([6000])
  })

  test('of a time without end is none', async () => {
    const storage = new Storage()
    new Alarm(storage, fail).ask(Infinity)
    await settled()
    expect(storage.set).toEqual([])
  })
})

describe('storage without alarms', () => {
  const broken: Record<string, unknown> = {
    'that is not there': undefined,
    'that has no such methods': {},
    'that throws': {
      getAlarm() {
        throw new TypeError('no alarms here')
      },
    },
    'that rejects': {
      getAlarm: async () => null,
      setAlarm: () => Promise.reject(new TypeError('no alarms here')),
    },
  }

  test.each(Object.keys(broken))('%s: the failure is observed', async (name) => {
    const failures: unknown[] = []
    const alarm = new Alarm(broken[name] as AlarmStorage, (error) => failures.push(error))
    alarm.ask(5000)
    expect(failures).toEqual([])
    await settled()
    expect(failures).toEqual([expect.any(TypeError)])
  })

  test('is tried again for the next time asked for, and not for one that waits', async () => {
    const failures: unknown[] = []
    const alarm = new Alarm({} as AlarmStorage, (error) => failures.push(error))
    alarm.ask(5000)
    alarm.ask(6000)
    await settled()
    expect(failures).toHaveLength(1)
    alarm.ask(6000)
    await settled()
    expect(failures).toHaveLength(2)
  })
})
