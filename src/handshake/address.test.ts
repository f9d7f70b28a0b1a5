import fc from 'fast-check'
import { type Context, Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../test/support/arbitrary.ts'
import { fastest } from '../../test/support/time.ts'
import { addressKey, clientAddress } from './address.ts'

describe('the key of an address', () => {
  const same: Record<string, string[]> = {
    '203.0.113.7': [
      '203.0.113.7',
      ' 203.0.113.7 ',
      '203.000.113.007',
      '203.0.113.7:4711',
      '::ffff:203.0.113.7',
      '::FFFF:203.0.113.7',
      '::ffff:cb00:7107',
      '0:0:0:0:0:ffff:cb00:7107',
      '0000:0000:0000:0000:0000:ffff:203.0.113.7',
      '[::ffff:203.0.113.7]:80',
    ],
    '2001:db8:0:7::/64': [
      '2001:db8:0:7::1',
      '2001:0DB8:0000:0007:0000:0000:0000:0001',
      '2001:db8:0:7:ffff:ffff:ffff:ffff',
      '2001:db8::7:1:2:3:4',
      '2001:db8:0:7::203.0.113.7',
      '[2001:db8:0:7::1]',
      '[2001:db8:0:7::1]:443',
      '2001:db8:0:7::1%eth0',
    ],
    'fe80:0:0:0::/64': ['fe80::1%eth0', 'fe80::1%25lo0', 'fe80::2', 'fe80:0:0:0:1::'],
    '0:0:0:0::/64': ['::', '::1', '0:0:0:0:0:0:0:1', '::203.0.113.7'],
    '1:2:3:4::/64': ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '1:2:3:4::'],
  }
  for (const [key, spellings] of Object.entries(same)) {
    test(`${key} has ${spellings.length} spellings`, () => {
      for (const spelling of spellings)
        expect([spelling, addressKey(spelling)]).toEqual([spelling, key])
    })
  }

  test('tells neighbours apart', () => {
    expect(addressKey('2001:db8:0:8::1')).not.toBe(addressKey('2001:db8:0:7::1'))
    expect(addressKey('203.0.113.8')).not.toBe(addressKey('203.0.113.7'))
    expect(addressKey('::fffe:203.0.113.7')).not.toBe('203.0.113.7')
  })

  test('is one and the same for all that is no address', () => {
    const none = [
      ...[undefined, '', ' ', 'unknown', 'localhost', '_hidden', 'example.com'],
      ...[
        '1.2.3',
        '1.2.3.4.5',
        '1.2.3.256',
        '1.2.3.',
        '.1.2.3',
        '1..2.3',
        '1.2.3.4.',
        '0x7f.0.0.1',
      ],
      ...[
        '127.1',
        '1.2.3.-4',
        '1.2.3.4/32',
        '1.2.3.4, 5.6.7.8',
        '1.2.3.4:',
        '1.2.3.4:x',
        '\u0661.2.3.4',
      ],
      ...[':', ':::', '1::2::3', 'g::1', '1:2:3:4:5:6:7:8:9', '::1.2.3', '::ffff:1.2.3.256'],
      ...[
        '[::1',
        '::1]',
        '[]',
        '[1.2.3.4]',
        '[::1]x',
        '%eth0',
        'a:b@[::1]',
        '::1]/#[',
        '2001:db8::/32',
      ],
    ]
    for (const each of none) expect([each, addressKey(each)]).toEqual([each, 'unknown'])
  })

  test('takes no time to find, however long the text', () => {
    const most = 16_384
    for (const part of [':', '1:', '1.', '0', '[', '%', ' ']) {
      const text = `${part.repeat(most / part.length)}!`
      expect(fastest(() => addressKey(text))).toBeLessThan(20)
    }
  })

  test('is of three forms, whatever comes in', () => {
    const hexdigits = fc.constantFrom(...'0123456789abcdefABCDEF:.[]%/ ')
    const near = fc.array(hexdigits, { maxLength: 40 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(near, anyText(40), fc.ipV4(), fc.ipV6()), (text) => {
        expect(addressKey(text)).toMatch(
          /^(unknown|\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}::\/64)$/,
        )
      }),
    )
  })

  test('is of the first 64 bits of IPv6 alone, however they are written', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(groups, fc.boolean(), (all, upper) => {
        fc.pre(!all.slice(0, 5).every((group) => group === 0))
        const key = `${all
          .slice(0, 4)
          .map((group) => group.toString(16))
          .join(':')}::/64`
        const padded = all.map((group) => group.toString(16).padStart(4, '0')).join(':')
        expect(addressKey(upper ? padded.toUpperCase() : padded)).toBe(key)
        expect(addressKey(`${padded.slice(0, 20)}${padded.slice(20)}%0`)).toBe(key)
        const short = URL.parse(`http://[${padded}]`)?.hostname ?? ''
        expect(addressKey(short)).toBe(key)
      }),
    )
  })
})

describe('the address of a client', () => {
  async function seen(env: object, headers: Record<string, string> = {}): Promise<string> {
    const app = new Hono().get('/', (c: Context) => c.text(clientAddress(c) ?? 'none'))
    return (await app.request('/', { headers }, env)).text()
  }

  test('is what the runtime tells: Node, Bun, Deno', async () => {
    expect(await seen({ incoming: { socket: { remoteAddress: '192.0.2.1' } } })).toBe('192.0.2.1')
    const requestIP = (request: unknown): { address: string } | null =>
      request instanceof Request ? { address: '192.0.2.2' } : null
    expect(await seen({ server: { requestIP } })).toBe('192.0.2.2')
    expect(await seen({ remoteAddr: { hostname: '192.0.2.3' } })).toBe('192.0.2.3')
  })

  test('is nothing where none is known', async () => {
    for (const env of [{}, { incoming: {} }, { server: {} }, { server: { requestIP: () => null } }])
      expect(await seen(env)).toBe('none')
  })

  test('is not what a header says', async () => {
    const headers = {
      'cf-connecting-ip': '192.0.2.9',
      'x-forwarded-for': '192.0.2.9',
      'x-real-ip': '192.0.2.9',
      forwarded: 'for=192.0.2.9',
    }
    expect(await seen({}, headers)).toBe('none')
    expect(await seen({ remoteAddr: { hostname: '192.0.2.3' } }, headers)).toBe('192.0.2.3')
  })
})
