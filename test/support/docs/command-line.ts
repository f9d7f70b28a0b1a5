import { type ChildProcess, spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import npm from '../../../package.json' with { type: 'json' }
import { root } from '../../../tools/command.ts'

/** What `npm run NAME -- …` hands to the shell; `undefined` if there is no such script. */
export function scriptOf(command: string): string | undefined {
  const [, name = '', rest = ''] = /^npm (?:run )?([a-z-]+)(?: --(.*))?$/.exec(command) ?? []
  const script = (npm.scripts as Record<string, string>)[name]
  return script && script + rest
}

/** A command that goes on until it is stopped. */
export interface Running {
  /** What it has printed so far. */
  said(): string
  /** Resolves with the match as soon as it is printed. */
  until(wanted: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  type(text: string): void
  /** Resolves when it has ended by itself, to its exit code. */
  readonly ended: Promise<number | null>
  stop(): Promise<void>
}

/** Runs a line of shell as npm would. */
export function start(
  command: string,
  cwd: string = root,
  more: Record<string, string> = {},
): Running {
  const PATH = [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter)
  const env = { ...process.env, PATH, NO_COLOR: '1', ...more }
  const child: ChildProcess = spawn('sh', ['-c', `exec ${command}`], { cwd, env })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => void (said += text))
  }
  return {
    said: () => said,
    async until(wanted, timeoutMs = 30_000) {
      for (const end = Date.now() + timeoutMs; Date.now() < end && child.exitCode === null;) {
        const match = wanted.exec(said)
        if (match) return match
        await sleep(10)
      }
      const match = wanted.exec(said)
      if (match) return match
      throw new Error(`${command} never said ${wanted}, but:\n${said}`)
    },
    type: (text) => void child.stdin?.write(text),
    ended,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
