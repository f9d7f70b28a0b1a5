import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { root } from '../../../tools/command.ts'

export interface Run {
  /** The first line it prints; undefined if it ends without one. */
  readonly firstLine: Promise<string | undefined>
  readonly ended: Promise<{ code: number | null; stderr: string }>
  /** It and all that it started. */
  family(): number[]
  kill(signal: NodeJS.Signals): void
}

/** `npm run example -- …`, as a process group of its own. */
export function npmRunExample(...args: string[]): Run {
  const child = spawn('npm', ['run', '--silent', 'example', '--', ...args], {
    cwd: root,
    // Nothing is left behind.
    env: { ...process.env, DATA_DIR: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const stderr = text(child.stderr)
  const code = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    firstLine: new Promise((resolve) => {
      let said = ''
      child.stdout.on('data', (chunk) => {
        said += chunk
        if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')))
      })
      child.once('close', () => resolve(undefined))
    }),
    ended: code.then(async (code) => ({ code, stderr: await stderr })),
    family: () => withDescendants(child.pid!),
    kill(signal) {
      if (signal !== 'SIGKILL') child.kill(signal)
      else if (running([child.pid!]).length > 0) process.kill(-child.pid!, signal)
    },
  }
}

function processes(): { pid: number; parent: number }[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state!.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }))
}

function withDescendants(root: number): number[] {
  const all = processes()
  const found = [root]
  for (const ancestor of found) {
    found.push(...all.filter(({ parent }) => parent === ancestor).map(({ pid }) => pid))
  }
  return found
}

/** Those of them that have not ended. */
export function running(pids: number[]): number[] {
  const alive = new Set(processes().map(({ pid }) => pid))
  return pids.filter((pid) => alive.has(pid))
}
