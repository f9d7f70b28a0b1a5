import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root, sourceCondition } from './command.ts'
import type { Command } from './command.ts'
import { tempDir } from './temp-dir.ts'

/** Not newer than the pinned workerd, which refuses a date of its future. */
const compatibilityDate = '2026-10-23'

// Names the native binary; .bin/workerd is a script around it where install scripts did not run.
const { default: binary } = createRequire(import.meta.url)('workerd') as { default: string }

/** Bundles the entry and runs it on bare workerd; every class it exports becomes a Durable Object with SQLite. */
export async function workerdCommand(options: {
  entry: string
  port?: number
  env?: Record<string, string>
  compatibilityFlags?: string[]
  dataDir?: string
  durableStorage?: string
}): Promise<Command> {
  const dir = tempDir()
  const cleanUp = (): void => rmSync(dir, { recursive: true, force: true })
  try {
    const classes = await bundle(options.entry, join(dir, 'main.js'))
    const disk = options.durableStorage ?? options.dataDir ?? join(dir, 'disk')
    mkdirSync(disk, { recursive: true })
    const config = join(dir, 'config.capnp')
    const { port = 0, env = {}, compatibilityFlags: flags = [] } = options
    writeFileSync(config, capnp({ classes, disk, port, env, flags }))
    // SIGTERM would drain: workerd lives on until the last socket closes.
    return {
      file: binary,
      args: ['serve', config, '--control-fd=3'],
      cwd: root,
      env: {},
      stopSignal: 'SIGINT',
      cleanUp,
    }
  } catch (error) {
    cleanUp()
    throw error
  }
}

async function bundle(entry: string, outfile: string): Promise<string[]> {
  const result = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    mainFields: ['module', 'main'],
    conditions: [sourceCondition, 'workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    metafile: true,
    logLevel: 'silent',
    absWorkingDir: root,
  })
  const names = Object.values(result.metafile.outputs)[0]!.exports
  return names.filter((name) => /^[A-Z]/.test(name))
}

const bindingName = (className: string): string =>
  className.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()

function capnp({
  classes,
  disk,
  port,
  env,
  flags,
}: {
  classes: string[]
  disk: string
  port: number
  env: Record<string, string>
  flags: string[]
}): string {
  const text = JSON.stringify
  const bindings = [
    ...classes.map(
      (name) => `(name = ${text(bindingName(name))}, durableObjectNamespace = ${text(name)})`,
    ),
    ...Object.entries(env).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
  ]
  const objects = classes.map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "disk", disk = (path = ${text(disk)}, writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "main.js", esModule = embed "main.js")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = [${flags.map((flag) => text(flag)).join(', ')}],
  bindings = [${bindings.join(', ')}],
  durableObjectNamespaces = [${objects.join(', ')}],
  durableObjectStorage = (localDisk = "disk"),
);
`
}
