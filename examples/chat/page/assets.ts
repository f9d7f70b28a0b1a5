import { lobbyScript } from './lobby-script.ts'
import { mark } from './mark.ts'
import { roomScript } from './room-script.ts'
import { socketScript } from './socket-script.ts'
import { style } from './style.ts'
import { roomStyle } from './room-style.ts'
import { viewScript } from './view-script.ts'

const script = 'text/javascript; charset=utf-8'
const css = 'text/css; charset=utf-8'

/**
 * Modules instead of files on a disk: a Worker has none. Their text is ASCII, for in String.raw Bun
 * turns any other character into the six of its `\u` escape.
 */
export const assets: ReadonlyMap<string, { type: string; text: string }> = new Map([
  ['style.css', { type: css, text: style + roomStyle }],
  ['lobby.js', { type: script, text: lobbyScript }],
  ['room.js', { type: script, text: roomScript }],
  ['socket.js', { type: script, text: socketScript }],
  ['view.js', { type: script, text: viewScript }],
  ['mark.svg', { type: 'image/svg+xml', text: mark }],
])
