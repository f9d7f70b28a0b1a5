import { createInterface } from 'node:readline'
import { commandLine } from '../../../tools/command.ts'
import { spawnTied } from '../../../tools/orphans.ts'

/** What a process has to say when all of its clients are there. */
export interface There {
  readonly dials: number
  /** The longest that its event loop stood still since the first of them was back. */
  readonly heldUpMs: number
}

export interface Crowd {
  /** Resolves when all are there, once for each time. */
  all(): Promise<There>
  stderr(): string
  end(): void
}

/** As many clients, in a process of their own. */
export function crowd(url: string, count: number): Crowd {
  const entry = `${import.meta.dirname}/clients.ts`
  const command = commandLine('node', { entry })
  command.args.push(url, String(count))
  const child = spawnTied(command, ['ignore', 'pipe', 'pipe'])
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text))
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    async all() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`The clients have ended: ${stderr}`)
      return JSON.parse(value)
    },
    stderr: () => stderr,
    end: () => void child.kill('SIGKILL'),
  }
}
