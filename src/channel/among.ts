import type { Connection } from '../connection/connection.ts'
import { SocketError } from '../errors.ts'
import { leftFrame } from '../protocol/frame.ts'
import type { Command } from './channel.ts'
import { cutJoins } from './requests.ts'
import { fits } from './who.ts'

/** Takes connections off a channel, or ends them; to how many that was done. */
export function among(
  all: Iterable<Connection>,
  command: Extract<Command, { do: 'revoke' | 'disconnect' }>,
): number {
  let met = 0
  for (const c of all) {
    if (c.closed || !fits(c, command.who)) continue
    if (command.do === 'disconnect') c.close(command.code, command.reason)
    else if (c.channels.remove(c, command.address)) c.write(leftFrame(command.address, 'revoked'))
    else if (!cutJoins(c, command.address, REVOKED)) continue
    met++
  }
  return met
}

const REVOKED = new SocketError('forbidden', 'revoked meanwhile')
