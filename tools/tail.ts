import type { Readable, Writable } from 'node:stream'

const keptChars = 64 * 1024

export interface Tail {
  text(): string
  /** Copies what was said so far, and all that follows. */
  copyTo(target: Writable): void
}

/** Drains a stream and remembers its end. */
export function tail(stream: Readable): Tail {
  let kept = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    kept = (kept + text).slice(-keptChars)
  })
  return {
    text: () => kept,
    copyTo(target) {
      // Whoever launched it says where it listens, the same for every runtime.
      target.write(kept.replace(/^listening on .*\n/m, ''))
      stream.on('data', (text: string) => void target.write(text))
    },
  }
}
