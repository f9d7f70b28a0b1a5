import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.useRealTimers()
})

/** The platform's socket, with the network in the hands of the test. */
class Native {
  static readonly all: Native[] = []
  readonly protocol = 'denwa.v1.json'
  readonly bufferedAmount = 0
  readonly sent: string[] = []
  declare onopen: (event: unknown) => void
  declare onmessage: (event: unknown) => void
  declare onclose: (event: unknown) => void
  declare onerror: (event: unknown) => void

  constructor() {
    Native.all.push(this)
  }

  open(): void {
    this.onopen({})
    this.onmessage({ data: JSON.stringify({ type: '$welcome', id: 'c_1', keys: 'm' }) })
  }

  send(text: string): void {
    this.sent.push(text)
  }

  close(): void {}
}

test('a request of a machine that has slept is not said again: nobody remembers it for that long', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] })
  const { connect } = await import('./index.ts')
  const socket = connect('ws://test/', { WebSocket: Native })
  Native.all[0]!.open()
  const answer = socket.request('pay', 1, { key: 'a key of 16 chars', timeoutMs: 60_000 })
  const code = answer.catch((error) => error.code)
  await Promise.resolve()
  // Timers, and the clock of the page, stand still meanwhile.
  vi.setSystemTime(Date.now() + 3_600_000)
  Native.all[0]!.onclose({ code: 1006, reason: '' })
  await vi.advanceTimersByTimeAsync(2000)
  Native.all[1]?.open()
  await Promise.resolve()
  expect(Native.all[0]!.sent.join()).toContain('"key"')
  expect(Native.all[1]?.sent.join()).not.toContain('"key"')
  expect(await code).toBe('connection_lost')
  socket.close()
})
