import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Command } from './command.ts'

const running = new Map<ChildProcess, (() => void) | undefined>()

process.on('exit', () => {
  for (const [child, cleanUp] of running) {
    child.kill('SIGKILL')
    cleanUp?.()
  }
})

/** Starts a program that ends, and is cleaned up after, should this process end first. */
export function spawnTied(command: Command, stdio: ('ignore' | 'pipe')[]): ChildProcess {
  const [file, ...args] = [...parentDeathSignal(), command.file, ...command.args]
  const child = spawn(file!, args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    stdio,
  })
  running.set(child, command.cleanUp)
  for (const event of ['close', 'error']) child.once(event, () => running.delete(child))
  return child
}

const setpriv = ['setpriv', '--pdeathsig', 'KILL', '--']
let prefix: string[] | undefined

/** Where the kernel can do it (Linux): the child dies with us even when we are killed and no 'exit' runs. */
function parentDeathSignal(): string[] {
  prefix ??= spawnSync(setpriv[0]!, [...setpriv.slice(1), 'true']).status === 0 ? setpriv : []
  return prefix
}
