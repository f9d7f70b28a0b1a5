import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Running, start } from './command-line.ts'
import { type Block, blocks, headingOf, nameOf } from './markdown.ts'

/** What prepares a folder: names of packages are looked at elsewhere, and nothing is fetched. */
const PREPARES = /^(npm (init|pkg|i|create)|bun (init|add)|deno add) /
const env = { WRANGLER_SEND_METRICS: 'false', DENO_NO_UPDATE_CHECK: '1', CI: '1' }

/** A document that begins with an empty folder, and somebody who does what it says. */
export class Followed {
  readonly document: string
  /** Commands that nobody has run yet. */
  readonly left: Set<string>

  constructor(document: string) {
    this.document = document
    const all = blocks(document, 'sh').flatMap(({ text }) => text.split('\n'))
    this.left = new Set(all.filter((text) => !PREPARES.test(text)))
  }

  /** Writes all files that have a name, for a server at that port. */
  write(folder: string, port: number, change: (text: string) => string = (text) => text): void {
    const files = ['ts', 'json', 'toml'].flatMap((language) => blocks(this.document, language))
    for (const block of files) {
      const name = nameOf(block)
      if (name === undefined) continue
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, change(block.text).replaceAll('8787', String(port)))
    }
  }

  /** The commands below a heading. */
  below(heading: string): string[] {
    const isBelow = (block: Block): boolean => headingOf(block) === heading
    return blocks(this.document, 'sh')
      .filter(isBelow)
      .flatMap(({ text }) => text.split('\n'))
  }

  /** Runs a command of the document as it stands there. */
  run(command: string, folder: string, port = 8787): Running {
    this.left.delete(command)
    const text = command.replace(/^npx /, '').replace('8787', String(port))
    return start(text, folder, env)
  }
}
