import { createClient } from 'denwa/client'
import type { app } from '../../app.ts'

export type Line = ReturnType<typeof lineTo>

/** A way to a board, as somebody. */
export function lineTo(board: string, { name, hue }: { name: string; hue: number }) {
  const socket = createClient<typeof app>(location.origin).boards[':board{[a-z0-9-]{1,32}}'].$ws({
    param: { board },
    query: { name, hue: `${hue}` },
  })
  return { socket, channel: socket.channel('board/:board', { board }) }
}
