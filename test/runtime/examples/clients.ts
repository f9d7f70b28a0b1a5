import { spawn } from 'node:child_process'
import { on } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket as WsSocket } from 'ws'
import { root } from '../../../tools/command.ts'

/** Somebody else's client: text out, texts in. */
export interface Client {
  readonly texts: AsyncIterable<string>
  send(text: string): void
  close(): void
}

export type Connect = (url: string, protocols: string[]) => Client

/** wscat as a person runs it, with the keyboard and the screen in our hands. */
export function wscat(url: string, protocols: string[]): Client {
  const subprotocols = protocols.flatMap((protocol) => ['-s', protocol])
  const child = spawn(join(root, 'node_modules/.bin/wscat'), ['-c', url, ...subprotocols], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const screen = createInterface(child.stdout)
  return {
    texts: withoutPrompts(screen),
    send: (text) => void child.stdin.write(`${text}\n`),
    close: () => void child.kill(),
  }
}

async function* withoutPrompts(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield line.replace(/^(> )+/, '')
}

/** The one that Node has built in. */
export function nodeWebSocket(url: string, protocols: string[]): Client {
  const socket = new WebSocket(url, protocols)
  const events = on(socket as never, 'message', { close: ['close'] })
  return {
    texts: texts(events, ([event]) => (event as MessageEvent<string>).data),
    send: (text) => socket.send(text),
    close: () => socket.close(),
  }
}

export function ws(url: string, protocols: string[]): Client {
  const socket = new WsSocket(url, protocols)
  const events = on(socket, 'message', { close: ['close'] })
  return {
    texts: texts(events, ([data]) => String(data)),
    send: (text) => socket.send(text),
    close: () => socket.terminate(),
  }
}

async function* texts(
  events: AsyncIterable<unknown[]>,
  read: (event: unknown[]) => string,
): AsyncGenerator<string> {
  for await (const event of events) yield read(event)
}
