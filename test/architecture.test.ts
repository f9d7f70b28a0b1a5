import { describe, expect, test } from 'vitest'
import { type Module, readModules } from './support/modules.ts'

/**
 * Imports point down. A room imports itself, the floors below, and on its own floor the rooms that
 * are named before it. Types count: a type that points up is an idea in the wrong place.
 */
const floors: readonly (readonly string[])[] = [
  ['errors.ts', 'observe.ts', 'protocol/'],
  ['contract.ts', 'runtime/', 'broker/', 'keys/'],
  ['connection/'],
  ['channel/'],
  [
    ...['handshake/', 'handshake.ts', 'types.ts', 'internals.ts', 'raw.ts', 'socket.ts'],
    ...['heartbeat/', 'heartbeat.ts', 'middleware/', 'middleware.ts'],
  ],
  ['observe/', 'prometheus.ts', 'opentelemetry.ts', 'broker.ts', 'keys.ts'],
  [
    'serve.ts',
    'socket-object.ts',
    'durable-socket.ts',
    'durable-channels.ts',
    'cloudflare-tickets.ts',
    'index.ts',
    'node.ts',
    'bun.ts',
    'deno.ts',
    'cloudflare.ts',
    'sqlite/',
    'sqlite.ts',
    'testing/',
  ],
]

/** Stand beside: no floor imports them, and they import types alone of what browsers do not load. */
const beside: Record<string, { values: readonly string[]; types: readonly string[] }> = {
  'client/': { values: ['client/', 'protocol/'], types: ['contract.ts', 'runtime/port.ts'] },
  'react/': { values: ['react/', 'client/'], types: ['contract.ts'] },
}

/** Packages by floor; a floor may use those of the floors below. */
const packages: readonly (readonly string[])[] = [
  [],
  ['@standard-schema/spec', 'hono/types', 'hono/utils/types'],
  [],
  [],
  ['hono', 'hono/http-exception', 'hono/utils/handler'],
  ['@opentelemetry/api'],
  ['@hono/node-server'],
]

const entries = [
  ...['index.ts', 'node.ts', 'bun.ts', 'deno.ts', 'cloudflare.ts'],
  ...['handshake.ts', 'heartbeat.ts', 'middleware.ts', 'prometheus.ts', 'opentelemetry.ts'],
  ...['broker.ts', 'keys.ts', 'sqlite.ts'],
]

/** Time, randomness, output and ambient state: the runtime port hands them in. */
const ambient = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'Date.now', 'Math.random', 'performance'],
  ...['console', 'process', 'Buffer', 'require'],
]

/** Names that only one runtime knows. */
const native = ['Bun', 'Deno', 'WebSocketPair', 'navigator', "'Bun'", "'Deno'", "'WebSocketPair'"]

const modules = readModules()
/** Where the client meets a browser. */
const browser = 'client/browser.ts'
const core = modules.filter(({ file }) => floorOf(file) <= 5 && !file.startsWith('runtime/'))
const handedIn = [...core, ...modules.filter(({ file }) => isBeside(file) && file !== browser)]
/** Asks for what an application asks for. */
const conformance = (file: string): boolean =>
  file.startsWith('testing/conformance/') || file.startsWith('testing/raw')

test('the walk sees imports, types apart, and names', () => {
  const timers = modules.find(({ file }) => file === 'runtime/timers.ts')
  expect(timers?.imports).toEqual([{ to: 'runtime/port.ts', inside: true, typeOnly: true }])
  expect([...(timers?.names ?? [])]).toEqual(expect.arrayContaining(['setTimeout', 'performance']))
})

describe('floors', () => {
  test('every file has one', () => {
    const homeless = modules.filter(({ file }) => roomOf(file) === undefined && !isBeside(file))
    expect(homeless.map(({ file }) => file)).toEqual([])
  })

  test('imports point down', () => {
    expect(edges((from, to) => !isBeside(from) && !mayImport(from, to))).toEqual([])
  })

  test.each(Object.entries(beside))('%s stands beside', (room, { values, types }) => {
    const may = (to: string, typeOnly: boolean): boolean =>
      [...values, ...(typeOnly ? types : [])].some((room) => to.startsWith(room))
    expect(edges((from, to, typeOnly) => from.startsWith(room) && !may(to, typeOnly))).toEqual([])
  })

  test('modules do not run in circles', () => {
    expect(circles(modules)).toEqual([])
  })

  test('an entry is imported by nobody', () => {
    // The conformance suite's app is an application.
    expect(edges((from, to) => entries.includes(to) && !conformance(from))).toEqual([])
  })

  test('the core knows the runtime port, and no runtime', () => {
    const below = new Set(core.map(({ file }) => file))
    // A policy that is asked outside a handshake takes the system's time, and so does a store.
    const adapter = /^runtime\/(?!(port|timers|wall)\.ts$)/
    expect(edges((from, to) => below.has(from) && adapter.test(to))).toEqual([])
  })

  test('a file is one idea', () => {
    const lengths = modules.map(({ lines }) => lines).toSorted((a, b) => a - b)
    expect(lengths[lengths.length >> 1]).toBeLessThanOrEqual(100)
    expect(modules.filter(({ lines }) => lines > 350).map(({ file }) => file)).toEqual([])
  })
})

describe('the outside', () => {
  test('packages are used where they belong', () => {
    const stray = (module: Module): string[] =>
      outside(module, (typeOnly) => typeOnly && isBeside(module.file)).filter(
        (name) => !packagesOf(module.file).includes(name),
      )
    expect(
      report(
        modules.filter(({ file }) => !conformance(file)),
        stray,
      ),
    ).toEqual([])
  })

  test('only runtimes and entries import modules of a runtime', () => {
    const builtIn = (module: Module): string[] =>
      outside(module).filter((name) => /^(node|bun|cloudflare|deno|jsr):/.test(name))
    expect(report(handedIn, builtIn)).toEqual([])
  })

  test('the core names no global of a runtime', () => {
    expect(report(handedIn, (module) => native.filter((name) => module.names.has(name)))).toEqual(
      [],
    )
  })

  test('time and randomness are handed to the core', () => {
    expect(report(handedIn, (module) => ambient.filter((name) => module.names.has(name)))).toEqual(
      [],
    )
  })
})

function roomOf(file: string): [floor: number, place: number] | undefined {
  for (const [index, rooms] of floors.entries()) {
    const place = rooms.findIndex(
      (room) => file === room || (room.endsWith('/') && file.startsWith(room)),
    )
    if (place >= 0) return [index + 1, place]
  }
  return undefined
}

function floorOf(file: string): number {
  return roomOf(file)?.[0] ?? Infinity
}

function isBeside(file: string): boolean {
  return Object.keys(beside).some((room) => file.startsWith(room))
}

function mayImport(from: string, to: string): boolean {
  const [a, b] = [roomOf(from), roomOf(to)]
  if (!a || !b) return false
  return b[0] < a[0] || (b[0] === a[0] && b[1] <= a[1])
}

function edges(wrong: (from: string, to: string, typeOnly: boolean) => boolean): string[] {
  return modules.flatMap(({ file, imports }) =>
    imports
      .filter(({ inside, to, typeOnly }) => inside && wrong(file, to, typeOnly))
      .map(({ to }) => `${file} → ${to}`),
  )
}

/** Packages that a module imports; without those that `spares` by whether they give only types. */
function outside(
  { imports }: Module,
  spares: (typeOnly: boolean) => boolean = () => false,
): string[] {
  return imports.filter(({ inside, typeOnly }) => !inside && !spares(typeOnly)).map(({ to }) => to)
}

function packagesOf(file: string): string[] {
  if (isBeside(file)) return file.startsWith('react/') ? ['react'] : []
  const floor = floorOf(file)
  const names = packages.slice(0, floor).flat()
  // Modules of a runtime and its packages, each in the adapter that needs them.
  if (file.startsWith('runtime/') || floor === 7) {
    names.push('node:http', 'node:net', 'node:stream', 'node:process')
  }
  if (file === 'runtime/node.ts') names.push('ws')
  if (file.startsWith('sqlite/')) names.push('node:fs', 'node:os', 'node:sqlite')
  return names
}

function report(of: readonly Module[], faults: (module: Module) => string[]): string[] {
  return of.flatMap((module) => faults(module).map((fault) => `${module.file}: ${fault}`))
}

/** The circles among imports that exist at run time, each once. */
function circles(all: readonly Module[]): string[] {
  const byFile = new Map(all.map((module) => [module.file, module]))
  const done = new Set<string>()
  const found: string[] = []
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.push([...path.slice(start), file].join(' → '))
    if (start >= 0 || done.has(file)) return
    for (const each of byFile.get(file)?.imports ?? []) {
      if (each.inside && !each.typeOnly) walk(each.to, [...path, file])
    }
    done.add(file)
  }
  for (const { file } of all) walk(file, [])
  return found
}
