import type { Server } from 'denwa/node'

/** One Ctrl-C may arrive twice, from the terminal and from npm: a second one comes later. */
const ONE_MS = 300

/**
 * Ends a server in order on SIGTERM, as a deployment sends it, and on Ctrl-C: clients are told to come
 * back, handlers may finish. A second signal ends the process at once.
 */
export function endOnSignal(server: Server): void {
  let since: number | undefined
  const end = async (): Promise<void> => {
    if (since !== undefined) {
      if (performance.now() - since > ONE_MS) process.exit(1)
      return
    }
    since = performance.now()
    await server.close({ drainMs: 4_000 })
    process.exit(0)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}
