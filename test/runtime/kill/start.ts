import { commandLine } from '../../../tools/command.ts'
import { spawnTied } from '../../../tools/orphans.ts'
import { readPort } from '../../../tools/ready.ts'
import { permitted } from '../../support/permitted.ts'

export interface Killable {
  readonly url: string
  stderr(): string
  /** At once, and without a chance to put anything in order. */
  kill(): Promise<void>
}

/** Starts the app of this folder, on a file. */
export async function start(
  runtime: 'node' | 'bun' | 'deno',
  port: number,
  file: string,
): Promise<Killable> {
  const entry = `${import.meta.dirname}/${runtime}.ts`
  const command = permitted(commandLine(runtime, { entry, port, env: { FILE: file } }))
  const child = spawnTied(command, ['ignore', 'pipe', 'pipe', 'pipe'])
  let said = ''
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk))
  const exited = new Promise((resolve) => child.once('close', resolve))
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  try {
    await readPort(child, 30_000)
  } catch (error) {
    await kill()
    throw new Error(`${runtime}: ${said}`, { cause: error })
  }
  return { url: `http://127.0.0.1:${port}`, stderr: () => said, kill }
}
