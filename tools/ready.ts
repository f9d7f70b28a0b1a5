import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

// A server of ours says so on stdout; workerd on the control channel, fd 3.
const announcements = [/listening on http:\/\/[^\s/]+:(\d+)/, /"event":"listen".*"port":(\d+)/]

/** Resolves with the port; rejects when the process ends, cannot start, or takes too long. */
export function readPort(child: ChildProcess, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`did not listen within ${timeoutMs} ms`)),
      timeoutMs,
    )
    const settle = (act: () => void): void => {
      clearTimeout(late)
      act()
    }
    for (const stream of [child.stdio[1], child.stdio[3]] as Readable[]) {
      let said = ''
      stream.on('data', (chunk: Buffer | string) => {
        if (said.length > 64 * 1024) return
        said += chunk
        const port = announcements.map((line) => line.exec(said)?.[1]).find(Boolean)
        if (port) settle(() => resolve(Number(port)))
      })
    }
    child.once('error', (error) =>
      settle(() => reject(new Error(`could not start: ${error.message}`))),
    )
    child.once('close', (code, signal) =>
      settle(() => reject(new Error(`ended with ${signal ?? `code ${code}`}`))),
    )
  })
}
