import { expect } from 'vitest'
import { type RawSocket, connect } from '../../../src/testing/raw-client.ts'
import type { Block } from './markdown.ts'

/**
 * Plays a conversation as a document shows it: `>` the client says, `<` the server says, `*` what else
 * happens. Fails where the server says something else, or more.
 */
export async function play(block: Block, url: string, target: string): Promise<void> {
  const lines = block.text.split('\n').filter((line) => line !== '')
  const offered = /^\* offers (.+)$/.exec(lines[0] ?? '')?.[1]
  const socket = await connect(url, { target, protocols: offered ? [offered] : [] })
  try {
    for (const [index, line] of lines.slice(offered ? 1 : 0).entries()) {
      await turn(socket, line).catch((error: Error) => {
        throw new Error(`${block.document}:${block.line + index} ${line}\n${error.message}`)
      })
    }
    await silence(socket)
  } finally {
    socket.destroy()
  }
}

async function turn(socket: RawSocket, line: string): Promise<void> {
  const [mark, text] = [line.slice(0, 2), line.slice(2)]
  if (mark === '> ') socket.send(text)
  else if (mark === '< ') expect(plain(String(await socket.next()))).toMatch(pattern(text))
  else expect(`* closed ${(await socket.closed()).code}`).toBe(line)
}

/** Nothing else comes: what the server has to say, it says before this is answered. */
async function silence(socket: RawSocket): Promise<void> {
  socket.send('ping')
  expect(await socket.next().catch(() => 'pong')).toBe('pong')
}

/** `…` stands for any text inside a string of JSON. */
function pattern(text: string): RegExp {
  const escaped = plain(text).replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('…', String.raw`(?:[^"\\]|\\.)*`)}$`)
}

/** As it is, but for times and names that differ from one connection to the next. */
function plain(text: string): string {
  return text
    .replace(/"at":\d+/g, '"at":0')
    .replace(/"(name|who|from)":"[A-Z][a-z]+ [A-Z][a-z]+"/g, '"$1":"Somebody"')
}
