import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { root, sourceCondition } from '../../../tools/command.ts'

/** A directory in which the packages of this repository are installed, and denwa from its source. */
export class Workspace {
  readonly path: string = mkdtempSync(join(tmpdir(), 'denwa-docs-'))

  constructor() {
    const installed = join(root, 'node_modules')
    for (const name of readdirSync(installed)) {
      if (!name.startsWith('.') && name !== 'denwa') this.#link(join(installed, name), name)
    }
    this.#link(root, 'denwa')
    this.write('package.json', JSON.stringify({ type: 'module' }))
  }

  #link(target: string, name: string): void {
    const path = join(this.path, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path)
  }

  /** Writes a file, and begins at the line where a document has it: so complaints name that line. */
  write(name: string, text: string, line = 1): string {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '\n'.repeat(line - 1) + text)
    return path
  }

  /** What the compiler has to say to all files. */
  async compile(): Promise<string> {
    const compilerOptions = {
      noUnusedLocals: false,
      noUnusedParameters: false,
      typeRoots: [join(root, 'node_modules', '@types')],
      customConditions: [sourceCondition],
      jsx: 'react-jsx',
    }
    const include = ['**/*.ts', '**/*.tsx']
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include }
    this.write('tsconfig.json', JSON.stringify(config))
    return this.run('typescript/bin/tsc', ['-p', this.path, '--pretty', 'false'])
  }

  /** Runs a program of an installed package; what it printed, whether it succeeded or not. */
  async run(
    program: string,
    args: string[],
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<string> {
    const file = join(root, 'node_modules', program)
    try {
      const options = { cwd: this.path, env }
      const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], options)
      return stdout
    } catch (error) {
      const { message, stdout } = error as Error & { stdout?: string }
      return stdout || message
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
