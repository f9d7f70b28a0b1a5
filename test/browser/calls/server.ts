import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Launched, type RuntimeName, launch } from '../../../tools/launch.ts'
import { unusedPort } from '../../runtime/kill/unused-port.ts'

/** All that have channels. */
export const runtimes = ['node', 'bun', 'deno', 'durable'] as const

/** A server of the app of this folder, which keeps what is said. */
export interface Server {
  readonly port: number
  /** At once, and without a chance to put anything in order. */
  kill(): Promise<void>
  /** After `kill`, on the same port. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function serveCalls(runtime: RuntimeName): Promise<Server> {
  const dataDir = mkdtempSync(join(tmpdir(), 'denwa-calls-'))
  const port = await unusedPort()
  const start = (): Promise<Launched> =>
    launch({ runtime, entry: `${import.meta.dirname}/${runtime}.ts`, port, dataDir })
  const forget = (): void => rmSync(dataDir, { recursive: true, force: true })
  let server = await start().catch((error: unknown) => {
    forget()
    throw error
  })
  return {
    port,
    async kill() {
      server.kill('SIGKILL')
      await server.exited
    },
    async restart() {
      server = await start()
    },
    async close() {
      await server.close()
      forget()
    },
  }
}
