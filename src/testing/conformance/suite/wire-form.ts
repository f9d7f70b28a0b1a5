import type { Kit } from '../kit.ts'

const JSON_V1 = 'denwa.v1.json'

/** How frames are put into messages. */
export function wireForm(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')

  raw.test('without a subprotocol every frame is its own message', async (it) => {
    const socket = await it.open()
    socket.frame([1, 2].map((id) => ({ type: 'twoEvents', id, data: { text: `${id}` } })))
    for (let i = 0; i < 6; i++) {
      const frame = JSON.parse((await socket.raw()) as string)
      expect(Array.isArray(frame)).toBe(false)
    }
  })

  raw.test('with a subprotocol a message is a frame or an array of at most 64', async (it) => {
    const socket = await it.open(undefined, { protocols: [JSON_V1] })
    await socket.raw()
    const requests = Array.from({ length: 60 }, (_, i) => ({
      type: 'twoEvents',
      id: i + 1,
      data: { text: 'x' },
    }))
    socket.frame(requests)
    let seen = 0
    while (seen < 180) {
      const message = JSON.parse((await socket.raw()) as string)
      const frames = [message].flat()
      expect(frames.length).toBeLessThanOrEqual(64)
      if (Array.isArray(message)) expect(message.length).toBeGreaterThan(1)
      seen += frames.length
    }
    expect(seen).toBe(180)
  })

  raw.test('frames are plain JSON, as the protocol writes them', async (it) => {
    const socket = await it.open()
    socket.request('echo', 7, { text: 'hi' })
    expect(await socket.raw()).toBe('{"id":7,"data":{"text":"hi"}}')
    socket.message('note', { text: 'hi' })
    expect(await socket.raw()).toBe('{"type":"noted","data":{"text":"hi"}}')
    socket.request('count', 8, { to: 2 })
    expect(await socket.raw()).toBe('{"id":8,"item":0}')
    expect(await socket.raw()).toBe('{"id":8,"item":1}')
    expect(await socket.raw()).toBe('{"id":8,"end":true}')
    socket.request('nope', 9)
    expect(await socket.raw()).toMatch(/^\{"id":9,"error":\{"code":"unknown","message":".+"\}\}$/)
  })

  raw.test('text outside ASCII survives', async (it) => {
    const socket = await it.open()
    for (const [id, text] of ['é😀', '\u2028\u2029', '\u0000\u001f', '"\\/', '\ud800'].entries()) {
      socket.request('echo', id + 1, { text })
      expect((await socket.next()).data.text).toBe(text)
    }
  })
}
