import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../test/support/arbitrary.ts'
import { asksForWebSocket, hasToken, isHost, offeredProtocols, refuseHandshake } from './request.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

function request(headers: Record<string, string>): Request {
  return new Request('http://localhost/', {
    headers: { 'sec-websocket-version': '13', 'sec-websocket-key': KEY, ...headers },
  })
}

function statusFor(headers: Record<string, string>): number | undefined {
  return refuseHandshake(request(headers))?.status
}

describe('hasToken', () => {
  test('finds a token in any case and anywhere in a list', () => {
    for (const value of [
      'upgrade',
      'Upgrade',
      'keep-alive, Upgrade',
      'a,UPGRADE ,b',
      '\tupgrade',
    ]) {
      expect([value, hasToken(value, 'upgrade')]).toEqual([value, true])
    }
  })

  test('finds no part of a token', () => {
    for (const value of [
      '',
      null,
      undefined,
      'upgrades',
      'no-upgrade',
      'up grade',
      'upgrade;q=1',
    ]) {
      expect([value, hasToken(value, 'upgrade')]).toEqual([value, false])
    }
  })
})

describe('asksForWebSocket', () => {
  const asks = (connection: string, upgrade: string): boolean =>
    asksForWebSocket(new Headers({ connection, upgrade }))

  test('wants both Connection and Upgrade to say so', () => {
    expect(asks('Upgrade', 'websocket')).toBe(true)
    expect(asks('keep-alive, upgrade', 'WebSocket')).toBe(true)
    expect(asks('keep-alive', 'websocket')).toBe(false)
    expect(asks('Upgrade', 'h2c')).toBe(false)
    expect(asksForWebSocket(new Headers({ upgrade: 'websocket' }))).toBe(false)
    expect(asksForWebSocket(new Headers({ connection: 'upgrade' }))).toBe(false)
  })
})

describe('refuseHandshake', () => {
  test('takes version 13 alone, and names it', () => {
    expect(statusFor({})).toBeUndefined()
    for (const version of ['', '8', '12', '14', '99', '013', '13.0', '13, 8', 'x']) {
      const refused = refuseHandshake(request({ 'sec-websocket-version': version }))
      expect([version, refused?.status]).toEqual([version, 426])
      expect(refused?.headers.get('sec-websocket-version')).toBe('13')
      expect(refused?.headers.get('upgrade')).toBe('websocket')
      expect(refused?.headers.get('connection')).toBe('Upgrade, close')
    }
  })

  test('takes as a key the base64 of any 16 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const key = Buffer.from(bytes).toString('base64')
        expect(statusFor({ 'sec-websocket-key': key })).toBeUndefined()
      }),
    )
  })

  test('takes as a key nothing of another length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        fc.pre(bytes.length !== 16)
        const key = Buffer.from(bytes).toString('base64')
        expect(statusFor({ 'sec-websocket-key': key })).toBe(400)
      }),
    )
  })

  test('takes as a key no other spelling of 16 bytes', () => {
    const loose = [
      `${KEY}, ${KEY}`,
      KEY.replace('==', ''),
      KEY.replace('Q==', 'R=='),
      KEY.replace('==', '='),
      KEY.replace('d', '-'),
      `${KEY}=`,
      KEY.replace('dG', 'd '),
    ]
    for (const key of loose) {
      expect([key, statusFor({ 'sec-websocket-key': key })]).toEqual([key, 400])
    }
  })

  test('takes no body', () => {
    expect(statusFor({ 'content-length': '5' })).toBe(400)
    expect(statusFor({ 'content-length': 'x' })).toBe(400)
    expect(statusFor({ 'transfer-encoding': 'chunked' })).toBe(400)
    expect(statusFor({ 'content-length': '0' })).toBeUndefined()
  })
})

describe('isHost', () => {
  test('takes names, addresses and ports', () => {
    for (const host of [
      'localhost',
      'a.example:8080',
      '127.0.0.1:1',
      '[::1]',
      '[::1]:65535',
      'a_b~c',
    ]) {
      expect([host, isHost(host)]).toEqual([host, true])
    }
  })

  test('takes nothing that would choose another route or another host', () => {
    for (const host of [
      '',
      null,
      undefined,
      'a b',
      'a b]',
      '/x?',
      'a/admin',
      'a?b',
      'a#b',
      'a@b',
      'a:b',
    ]) {
      expect([host, isHost(host)]).toEqual([host, false])
    }
  })

  test('takes no string that becomes more than host and port of a URL', () => {
    fc.assert(
      fc.property(anyText(12), (host) => {
        if (!isHost(host) || !URL.canParse(`http://${host}/path`)) return
        const url = new URL(`http://${host}/path`)
        expect([url.pathname, url.search, url.hash, url.username]).toEqual(['/path', '', '', ''])
      }),
      { numRuns: 1000 },
    )
  })
})

describe('offeredProtocols', () => {
  const offered = (value?: string): string[] | undefined =>
    offeredProtocols(new Headers(value === undefined ? {} : { 'sec-websocket-protocol': value }))

  test('are none without the header, or with an empty one', () => {
    expect(offered()).toEqual([])
    expect(offered('')).toEqual([])
  })

  test('are undefined if the list is malformed', () => {
    expect(offered('a, b')).toEqual(['a', 'b'])
    expect(offered('a, a')).toBeUndefined()
    expect(offered('a b')).toBeUndefined()
  })
})
