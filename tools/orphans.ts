import { spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

const running = new Map<ChildProcess, (() => void) | undefined>()

process.on('exit', () => {
  for (const [child, cleanUp] of running) {
    child.kill('SIGKILL')
    cleanUp?.()
  }
})

/** Ends the child, and cleans up after it, should this process end first. */
export function track(child: ChildProcess, cleanUp: (() => void) | undefined): () => void {
  running.set(child, cleanUp)
  return () => void running.delete(child)
}

const setpriv = ['setpriv', '--pdeathsig', 'KILL', '--']
let prefix: string[] | undefined

/** Where the kernel can do it (Linux): the child dies with us even when we are killed and no 'exit' runs. */
export function parentDeathSignal(): string[] {
  prefix ??= spawnSync(setpriv[0]!, [...setpriv.slice(1), 'true']).status === 0 ? setpriv : []
  return prefix
}
