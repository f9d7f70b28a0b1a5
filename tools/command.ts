import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Command {
  file: string
  args: string[]
  cwd: string
  env: Record<string, string>
  /** The one that ends it at once, open sockets or not. */
  stopSignal: NodeJS.Signals
  cleanUp?: () => void
}

export const root: string = dirname(dirname(fileURLToPath(import.meta.url)))
const local = (name: string): string => join(root, 'node_modules', '.bin', name)

/** Run from source: the package's own exports carry this condition. */
export const sourceCondition = '@denwa/source'
const fromSource = `--conditions=${sourceCondition}`

const programs = {
  node: () => ({
    // The repository brings a current Node where the system's is too old to strip types.
    file: existsSync(local('node')) ? local('node') : process.execPath,
    args: [fromSource, '--disable-warning=ExperimentalWarning'],
  }),
  bun: () => ({ file: local('bun'), args: [fromSource, 'run'] }),
  deno: (dataDir: string | undefined) => ({
    file: local('deno'),
    args: [
      'run',
      fromSource,
      '--no-lock',
      '--cached-only',
      '--no-prompt',
      '--node-modules-dir=manual',
      '--allow-net',
      '--allow-env',
      ...(dataDir
        ? [`--allow-read=${dataDir}`, `--allow-write=${dataDir}`, '--allow-sys=osUptime']
        : []),
    ],
  }),
}

export function commandLine(
  runtime: keyof typeof programs,
  options: {
    entry: string
    port?: number | undefined
    env?: Record<string, string> | undefined
    dataDir?: string | undefined
  },
): Command {
  const { dataDir } = options
  if (dataDir) mkdirSync(dataDir, { recursive: true })
  const { file, args } = programs[runtime](dataDir)
  return {
    file,
    args: [...args, options.entry],
    cwd: root,
    env: {
      NO_COLOR: '1',
      DENO_NO_UPDATE_CHECK: '1',
      ...options.env,
      DATA_DIR: dataDir ?? '',
      PORT: String(options.port ?? 0),
    },
    stopSignal: 'SIGTERM',
  }
}
