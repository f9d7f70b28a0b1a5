import { randomBytes } from 'node:crypto'
import { Opcode, closePayload, encodeFrame } from '../../../src/testing/raw-client.ts'
import type { Guest } from './guest.ts'

/** It comes back, or stays where it is, or goes for good. */
export type Fate = 'retries' | 'stays' | 'stops'

/** What a client is awaited to do at least: nothing, to stay away, or to come back. */
export function awaitedOf(table: Readonly<Record<string, Behaviour>>): Record<string, Fate> {
  const entries = Object.entries(table).map(([name, { fates }]): [string, Fate] => {
    if (fates.includes('stays')) return [name, 'stays']
    return [name, fates.includes('retries') ? 'retries' : 'stops']
  })
  return Object.fromEntries(entries)
}

/** What a server may do to a client, and what may become of that: it depends on the platform at times. */
export interface Behaviour {
  readonly fates: readonly Fate[]
  act(guest: Guest): void
}

const MiB = 1024 * 1024
const retries = (act: (guest: Guest) => void): Behaviour => ({ fates: ['retries'], act })
const stays = (act: (guest: Guest) => void): Behaviour => ({ fates: ['stays'], act })
const either = (act: (guest: Guest) => void): Behaviour => ({ fates: ['retries', 'stays'], act })
const stops = (act: (guest: Guest) => void): Behaviour => ({ fates: ['stops'], act })

const every = (ms: number, { socket }: Guest, task: () => void): void => {
  const timer = setInterval(task, ms)
  socket.once('close', () => clearInterval(timer))
}

const handshakes: Record<string, Behaviour> = {
  'says nothing at all': stays(() => {}),
  'never ends its headers': stays((guest) => {
    guest.put('HTTP/1.1 101 Switching Protocols\r\n')
    every(50, guest, () => guest.put(`X-More: ${'x'.repeat(10)}\r\n`))
  }),
  'has headers without end': retries((guest) => {
    guest.put('HTTP/1.1 101 Switching Protocols\r\n')
    guest.pour(() => Buffer.from(`X-More: ${'x'.repeat(1000)}\r\n`), 64 * MiB)
  }),
  'says 100 Continue all the time': either((guest) =>
    every(10, guest, () => guest.put('HTTP/1.1 100 Continue\r\n\r\n')),
  ),
  'has a wrong Sec-WebSocket-Accept': retries((guest) => guest.accept({ accept: 'wrong' })),
  'has an unknown subprotocol': retries((guest) => guest.accept({ protocol: 'other' })),
  'has an unknown extension': retries((guest) =>
    guest.accept({ extra: ['Sec-WebSocket-Extensions: x-unknown'] }),
  ),
  'answers with what is no HTTP': retries((guest) => {
    guest.put(randomBytes(1000))
    guest.socket.end()
  }),
  'ends TCP': retries((guest) => guest.socket.end()),
  'resets TCP': retries((guest) => guest.socket.resetAndDestroy()),
}
for (const status of ['200 OK', '302 Found', '401 Unauthorized', '503 Service Unavailable']) {
  handshakes[`answers ${status}`] = retries((guest) =>
    guest.answer(status, ['Location: /elsewhere', 'Content-Length: 2', 'Retry-After: 0'], 'no'),
  )
}

/** Codes that may be sent, must not be sent, and mean something here. */
const codes = [
  ...[0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013],
  ...[1014, 1015, 1016, 2999, 3000, 3999, 4000, 4001, 4003, 4099, 4100, 4101, 4108, 4200, 4201],
  ...[4210, 4300, 4499, 4500, 4999, 5000, 65_535],
]
const closes: Record<string, Behaviour> = {
  'closes without a code': retries((guest) => (guest.accept(), guest.close())),
  'closes with half a code': retries((guest) => {
    guest.accept()
    guest.frame({ opcode: Opcode.close, payload: 'x' })
  }),
  'closes with a reason that is no UTF-8': retries((guest) => {
    guest.accept()
    guest.close(1000, Buffer.of(0xff, 0xfe))
  }),
  'closes with a reason that is too long': retries((guest) => {
    guest.accept()
    guest.frame({ opcode: Opcode.close, payload: closePayload(1000, 'x'.repeat(500)) })
  }),
  'welcomes, and resets TCP': retries((guest) => {
    guest.welcome()
    setTimeout(() => guest.socket.resetAndDestroy(), 20)
  }),
  'says when to come back, at once': retries((guest) => {
    guest.welcome()
    guest.say({ type: '$bye', code: 'restart', retry: [0, 0] })
    guest.close(1012)
  }),
  'says never to come back': stops((guest) => {
    guest.welcome()
    guest.say({ type: '$bye', code: 'gone', retry: false })
    guest.close(1012)
  }),
  // Some wait for the end of TCP, for ever.
  'closes, and leaves TCP open': either((guest) => {
    guest.welcome()
    guest.frame({ opcode: Opcode.close, payload: closePayload(1000) })
  }),
}
for (const code of codes) {
  const range = Math.floor(code / 100)
  // 41xx asks for a new credential, once.
  const act = range === 40 || range === 41 || (range > 44 && range < 50) ? stops : retries
  closes[`accepts, and closes with ${code}`] = act((guest) => (guest.accept(), guest.close(code)))
  closes[`welcomes, and closes with ${code}`] = act((guest) => (guest.welcome(), guest.close(code)))
}

/** After a welcome, bytes that are no WebSocket. */
const bytes: Record<string, Uint8Array> = {
  'sets a reserved bit': encodeFrame({ opcode: Opcode.text, payload: '{}', rsv: 2, mask: false }),
  'says it is compressed': encodeFrame({ opcode: Opcode.text, payload: '{}', rsv: 4, mask: false }),
  'has a reserved opcode': encodeFrame({ opcode: 3, payload: 'x', mask: false }),
  'has a reserved control opcode': encodeFrame({ opcode: 11, payload: 'x', mask: false }),
  'goes on with what it did not begin': encodeFrame({ opcode: 0, payload: 'x', mask: false }),
  'splits a ping': encodeFrame({ opcode: Opcode.ping, payload: 'x', fin: false, mask: false }),
  'has a long ping': encodeFrame({ opcode: Opcode.ping, payload: 'x'.repeat(200), mask: false }),
  'says what is no UTF-8': encodeFrame({
    opcode: Opcode.text,
    payload: Buffer.of(0x22, 0xff, 0xc0, 0x22),
    mask: false,
  }),
  'announces 2^63-1 bytes': encodeFrame({
    opcode: Opcode.text,
    length: 2n ** 63n - 1n,
    payload: '{',
    mask: false,
  }),
  'announces 2^64-1 bytes': encodeFrame({
    opcode: Opcode.text,
    length: 2n ** 64n - 1n,
    payload: '{',
    mask: false,
  }),
  'sends what is no WebSocket': randomBytes(4096),
}

/** Messages, each of a server that has welcomed. */
const nonsense: Record<string, string | Uint8Array> = {
  'no JSON': '{"type":',
  nothing: '',
  'a number': '7',
  null: 'null',
  bytes: Buffer.of(0, 1, 2, 255),
}
const messages: Record<string, Behaviour> = {
  'masks its frames': retries((guest) => {
    guest.accept()
    guest.frame({ opcode: Opcode.text, payload: '{"type":"$welcome"}', mask: true })
  }),
  // Deno takes 64 MiB at most, and others what there is.
  'says 64 MiB': either((guest) => {
    guest.welcome()
    guest.say({ type: 'news', data: 'x'.repeat(64 * MiB) })
  }),
  // Engines may not go that deep.
  'says an array that is deep': either((guest) => {
    guest.welcome()
    guest.say('['.repeat(100_000) + ']'.repeat(100_000))
  }),
  'says an object that is deep': either((guest) => {
    guest.welcome()
    guest.say('{"data":'.repeat(100_000) + '1' + '}'.repeat(100_000))
  }),
  'says 100,000 frames at once': stays((guest) => {
    guest.welcome()
    guest.say(`[${Array.from({ length: 100_000 }, () => '{"type":"news"}')}]`)
  }),
  'puts it on 100,000 channels': stays((guest) => {
    guest.welcome()
    const frames = Array.from({ length: 100_000 }, (_, n) => ({
      type: '$joined',
      channel: `c/${n}`,
      data: {},
    }))
    guest.say(JSON.stringify(frames))
  }),
  'wants 100,000 new credentials': stays((guest) => {
    guest.welcome()
    guest.say(`[${Array.from({ length: 100_000 }, () => '{"type":"$reauth"}')}]`)
  }),
  'says 100,000 times that there is a gap': stays((guest) => {
    guest.welcome()
    guest.say(`[${Array.from({ length: 100_000 }, () => '{"type":"$gap","channel":"room/1"}')}]`)
  }),
  'welcomes 10,000 times, with a short beat': stays((guest) => {
    guest.accept()
    const welcome = { type: '$welcome', id: 'c_1', beat: 0, wait: -1 }
    for (let n = 0; n < 10_000; n++) guest.say(welcome)
  }),
  'speaks of prototypes': stays((guest) => {
    guest.welcome()
    guest.say(
      '{"type":"__proto__","data":{"__proto__":{"polluted":1}}}',
      '{"type":"$joined","channel":"__proto__","data":{"presence":{"version":1,"members":{"__proto__":{"polluted":1}}}}}',
      '{"type":"$welcome","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      '{"channel":"room/1","type":"constructor","data":1}',
      '{"type":"toString","data":1}',
    )
  }),
}
for (const [what, put] of Object.entries(bytes)) {
  messages[what] = retries((guest) => (guest.welcome(), guest.put(put)))
}
// Nobody can tell it from a message that takes long, before the client wants a sign of life.
messages['announces 1 GiB'] = retries((guest) => {
  guest.welcome({ beat: 500, wait: 500 })
  guest.frame({ opcode: Opcode.text, length: 2n ** 30n, payload: '{' })
})
messages['splits a message without end'] = retries((guest) => {
  guest.welcome({ beat: 500, wait: 500 })
  guest.frame({ opcode: Opcode.text, payload: '"', fin: false })
  const piece = encodeFrame({ opcode: 0, payload: 'x'.repeat(1000), fin: false, mask: false })
  every(10, guest, () => guest.put(piece))
})
for (const [what, said] of Object.entries(nonsense)) {
  messages[`says ${what}`] = retries((guest) => {
    guest.welcome()
    const opcode = typeof said === 'string' ? Opcode.text : Opcode.binary
    guest.frame({ opcode, payload: said })
  })
}

/** By what they are, each a path of the server. */
export const behaviours: Readonly<Record<string, Behaviour>> = {
  ...handshakes,
  ...closes,
  ...messages,
}

const GiB = 1024 * MiB
const chunk = Buffer.alloc(MiB, 'x')
const fragment = encodeFrame({ opcode: 0, payload: chunk, fin: false, mask: false })
const event = encodeFrame({
  opcode: Opcode.text,
  payload: JSON.stringify({ type: 'news', data: 'x'.repeat(1000) }),
  mask: false,
})

/** As fast as it is read. What is on the way is not seen by a client before it is whole. */
export const floods: Readonly<Record<string, Behaviour>> = {
  'pours one frame of a GiB': retries((guest) => {
    guest.welcome({ beat: 300, wait: 300 })
    guest.frame({ opcode: Opcode.text, length: BigInt(GiB), payload: '' })
    guest.pour(() => chunk, GiB - 1)
  }),
  'pours fragments without end': retries((guest) => {
    guest.welcome({ beat: 300, wait: 300 })
    guest.frame({ opcode: Opcode.text, payload: '"', fin: false })
    guest.pour(() => fragment, 4 * GiB)
  }),
  'pours messages without end': stays((guest) => {
    guest.welcome()
    guest.pour(() => event, 4 * GiB)
  }),
}
