import { build } from 'esbuild'
import { Miniflare, convertV4MiniflareOptions } from 'miniflare'

export interface EvictingServer {
  readonly url: string
  /** Puts an object to sleep at once: its memory goes, its sockets stay. `false` if it slept already. */
  evict(name: string, className?: string): Promise<boolean>
  close(): Promise<void>
}

/**
 * A Worker in Miniflare, where an object need not be left alone for ten seconds to sleep. Of its classes,
 * by their bindings, the objects of the first are put to sleep unless another is named.
 */
export async function serveEvicting(
  entry = 'entry.ts',
  classes: Record<string, string> = { ROOM: 'Room', PLAIN: 'Plain' },
  { useSQLite = true }: { useSQLite?: boolean } = {},
): Promise<EvictingServer> {
  const [sleepy = ''] = Object.values(classes)
  const server = new Miniflare(
    convertV4MiniflareOptions({
      name: 'main',
      modules: [{ type: 'ESModule', path: 'main.js', contents: await bundle(entry) }],
      compatibilityDate: '2026-10-23',
      durableObjects: Object.fromEntries(
        Object.entries(classes).map(([binding, className]) => [binding, { className, useSQLite }]),
      ),
      host: '127.0.0.1',
      port: 0,
      cf: false,
    }),
  )
  const { port } = await server.ready
  return {
    url: `http://127.0.0.1:${port}`,
    async evict(name, className = sleepy) {
      try {
        await server.unsafeEvictDurableObject('main', className, { name, webSockets: 'hibernate' })
        return true
      } catch (error) {
        if (/not currently running/.test(String(error))) return false
        throw error
      }
    },
    close: () => server.dispose(),
  }
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${import.meta.dirname}/${entry}`],
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
