import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import deno from '../deno.json' with { type: 'json' }
import npm from '../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '..')
const entries = Object.entries(npm.exports).filter(([name]) => name !== './package.json') as [
  string,
  Record<string, string>,
][]

describe('both manifests', () => {
  test('export the same entries from the same sources', () => {
    const sources = entries.map(([name, targets]) => [name, targets['@denwa/source']])
    expect(Object.fromEntries(sources)).toEqual(deno.exports)
  })

  test('carry the same version and license', () => {
    expect(deno.version).toBe(npm.version)
    expect(deno.license).toBe(npm.license)
  })

  test('ask for the same packages', () => {
    const ranges = { ...npm.peerDependencies, ...npm.dependencies }
    // JSR knows no range without an end.
    const imports = Object.entries(ranges).map(([name, range]) => [
      name,
      `npm:${name}@${range.startsWith('>=') ? '*' : range}`,
    ])
    expect(deno.imports).toEqual(Object.fromEntries(imports))
  })
})

describe.each(entries)('%s', (name, targets) => {
  test('names the types first and the built files of its source', () => {
    const source = targets['@denwa/source']!
    const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
    expect(Object.entries(targets)).toEqual([
      ['@denwa/source', source],
      ['types', `${built}.d.ts`],
      ['default', `${built}.js`],
    ])
    expect(existsSync(join(root, source))).toBe(true)
  })

  test('says what it is for', () => {
    const source = readFileSync(join(root, targets['@denwa/source']!), 'utf8')
    const [comment] = source.split('*/')
    expect(comment).toMatch(/^\/\*\*\n \* .*\n( \*.*\n)* \* @module\n/)
  })

  test('gives what it is meant to give', async () => {
    expect(Object.keys(await import(name.replace('.', 'denwa'))).toSorted()).toEqual(given[name])
  })
})

/** What a user can import as a value. More is a promise to keep: it is added here on purpose. */
const given: Record<string, string[]> = {
  '.': ['SocketError', 'contract', 'observe', 'raw', 'socket'],
  './node': ['serve', 'upgradeListener'],
  './bun': ['handler', 'serve'],
  './deno': ['handler', 'serve'],
  './cloudflare': ['durableChannels', 'durableSocket', 'handler'],
  './cloudflare/tickets': ['durableTickets', 'ticketObject'],
  './handshake': [
    'addressKey',
    'capacity',
    'clientAddress',
    'credential',
    'memoryTickets',
    'origin',
    'subprotocol',
    'ticket',
    'tickets',
  ],
  './heartbeat': ['heartbeat', 'idleTimeout', 'maxAge'],
  './middleware': ['logger', 'only', 'rateLimit'],
  './broker': ['memoryBroker', 'sqlBroker'],
  './broker/conformance': ['brokerConformance'],
  './keys': ['memoryKeys', 'sqlKeys'],
  './sqlite': ['sqliteBroker', 'sqliteKeys'],
  './prometheus': ['prometheus'],
  './opentelemetry': ['opentelemetry'],
  './client': [
    ...['RequestError', 'bearer', 'channels', 'connect', 'createClient', 'firstFrame', 'inQuery'],
    ...['offline', 'reconnecting', 'stream', 'watch'],
  ],
  './react': ['useChannel', 'usePresence', 'useSocket', 'useStatus'],
  './testing': ['TestClock', 'connect', 'events'],
  './conformance': ['conformance', 'themes'],
  './conformance/app': [
    'app',
    'fountain',
    'main',
    'note',
    'rawEcho',
    'rawFail',
    'rawFountain',
    'rawIdentity',
    'rawProtocol',
    'rawTypes',
    'ticketsIn',
  ],
  './conformance/in-memory': ['inMemory'],
}
