import { build } from 'esbuild'
import { Miniflare, convertV4MiniflareOptions } from 'miniflare'

export interface EvictingServer {
  readonly url: string
  /** Puts the object of a room to sleep at once: its memory goes, its sockets stay. `false` if it slept already. */
  evict(room: string): Promise<boolean>
  close(): Promise<void>
}

/** The Worker in Miniflare, where an object need not be left alone for ten seconds to sleep. */
export async function serveEvicting(): Promise<EvictingServer> {
  const server = new Miniflare(
    convertV4MiniflareOptions({
      name: 'main',
      modules: [{ type: 'ESModule', path: 'main.js', contents: await bundle() }],
      compatibilityDate: '2026-10-23',
      durableObjects: {
        ROOM: { className: 'Room', useSQLite: true },
        PLAIN: { className: 'Plain', useSQLite: true },
      },
      host: '127.0.0.1',
      port: 0,
      cf: false,
    }),
  )
  const { port } = await server.ready
  return {
    url: `http://127.0.0.1:${port}`,
    async evict(name) {
      try {
        await server.unsafeEvictDurableObject('main', 'Room', { name, webSockets: 'hibernate' })
        return true
      } catch (error) {
        if (/not currently running/.test(String(error))) return false
        throw error
      }
    },
    close: () => server.dispose(),
  }
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${import.meta.dirname}/entry.ts`],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['@denwa/source', 'workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}
