import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../tools/command.ts'

/** A fenced block of a document. */
export interface Block {
  readonly document: string
  /** What stands after the fence: `ts`, `sh`, `text` …, or with a word more: `ts before`. */
  readonly language: string
  /** Of its first line, from 1. */
  readonly line: number
  readonly text: string
}

/** All of them, as the repository has them. */
export const documents: readonly string[] = [
  ...['README.md', 'PROTOCOL.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** The first line of a block may name its file: `// app.ts`, `# wrangler.toml`. */
export function nameOf({ text }: Block): string | undefined {
  return /^(?:\/\/|#) (\S+\.\w+)\n/.exec(text)?.[1]
}

/** The heading under which a block stands. */
export function headingOf({ document, line }: Block): string {
  const above = read(document).split('\n').slice(0, line).join('\n')
  return [...above.matchAll(/^## (.*)$/gm)].at(-1)?.[1] ?? ''
}

export function read(document: string): string {
  return readFileSync(join(root, document), 'utf8')
}

/** The blocks of a document in one language. */
export function blocks(document: string, language: string): Block[] {
  const found: Block[] = []
  let open: { language: string; line: number; lines: string[] } | undefined
  for (const [index, line] of read(document).split('\n').entries()) {
    const fence = /^ *```((?:\w+(?: \w+)?)?)$/.exec(line)
    if (!fence) open?.lines.push(line)
    else if (!open) open = { language: fence[1] as string, line: index + 2, lines: [] }
    else {
      found.push({ document, ...open, text: open.lines.join('\n') })
      open = undefined
    }
  }
  if (open) throw new Error(`${document}:${open.line} has a fence without an end`)
  return found.filter((block) => block.language === language)
}
