import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { launch } from '../tools/launch.ts'
import type { Launched, RuntimeName } from '../tools/launch.ts'
import type { Candidate } from './candidates.ts'
import type { Figures, Task } from './load.ts'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** Whether server and load can have a core each. */
export const pinned: boolean = spawnSync('taskset', ['-c', '1', 'true']).status === 0

export async function startServer(runtime: RuntimeName, candidate: Candidate): Promise<Launched> {
  const entry = path(`servers/${candidate.server}/${runtime}.ts`)
  const server = await launch({ runtime, entry, env: candidate.env ?? {} })
  if (pinned) spawnSync('taskset', ['-acp', '0', String(server.pid)])
  return server
}

export interface Load {
  run(task: Task): Promise<Figures>
  close(): void
}

export function startLoad(): Load {
  const node = [process.execPath, path('load.ts')]
  const [file, ...args] = (pinned ? ['taskset', '-c', '1', ...node] : node) as [string, ...string[]]
  const child: ChildProcess = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const died = once(child, 'exit').then(() => {
    throw new Error('The load generator died')
  })
  died.catch(() => {})
  return {
    async run(task) {
      const answer = once(child, 'message')
      child.send(task)
      const [{ figures, error }] = await Promise.race([answer, died])
      if (error) throw new Error(error)
      return figures
    },
    close: () => child.disconnect(),
  }
}
