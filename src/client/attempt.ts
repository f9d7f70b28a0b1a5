import { DIAL_MS, type Io } from './line.ts'
import { type Pulse, pulse } from './pulse.ts'
import type { Off } from './rules.ts'

/** Most frames in one message. */
const MAX_FRAMES = 64

/** A frame, of which nothing is known yet. */
export type Frame = Readonly<Record<string, unknown>>

/** What to dial with, and what to say first. */
export interface Offer {
  url: string
  protocols: string[]
  first?: string
}

/** One try to have a connection, from the dial to the end. What comes after its end changes nothing. */
export interface Attempt extends Pulse {
  /** What one turn has to say is said at once. */
  write(frame: string): void
  /** Bytes that are not on their way. */
  backlog(): number
  /** Closes. Nobody is told. */
  end(code: number, reason: string): void
}

/** What else it needs to know. */
interface Context {
  readonly io: Io
  readonly off: Off
  /** Bytes that the server takes in one message. */
  readonly maxBytes: number
}

/**
 * @param opened is told the negotiated protocol
 * @param heard may throw, if it cannot make sense of a frame
 * @param ended is told whether that is `ours`: the peer is not to blame, or has nothing to say any more
 * @throws whatever the dial does
 */
export function attempt(
  context: Context,
  { url, protocols, first }: Offer,
  opened: (protocol: string) => void,
  heard: (frame: Frame) => void,
  ended: (code: number, reason: string, ours?: boolean) => void,
): Attempt {
  const { io, off } = context
  let over = false
  /** Frames that may share a message. */
  let most: number
  let frames: string[] = []
  let length = 0

  const hear =
    <T extends unknown[]>(task: (...args: T) => void) =>
    (...args: T): void => {
      if (!over || off.superseded) task(...args)
    }
  const understand = hear((frame: unknown) => {
    if (typeof frame !== 'object') throw frame
    heard(frame as Frame)
  })
  const read = (data: unknown): void => {
    try {
      // Bytes are no frame as a text either.
      for (const frame of [JSON.parse(data as string) as unknown].flat()) understand(frame)
    } catch {
      fail(4000, 'no frame')
    }
  }
  const line = io.dial(url, protocols, {
    open: hear((protocol) => {
      most = protocol ? MAX_FRAMES : 1
      beat.start()
      if (first) line.send(first)
      opened(protocol)
    }),
    message: hear((data) => {
      beat.heard()
      if (data === 'ping') line.send('pong')
      else if (data !== 'pong') read(data)
    }),
    close: hear((code, reason) => {
      finish()
      ended(code, reason)
    }),
  })
  const beat = pulse(
    io.timers,
    DIAL_MS,
    () => line.send('ping'),
    () => fail(4201, 'no traffic'),
  )

  const flush = (): void => {
    if (length > 0 && !over) line.send(frames.length > 1 ? `[${frames}]` : frames[0]!)
    frames = []
    length = 0
  }
  const finish = (): void => {
    over = true
    beat.stop()
  }
  const end = (code: number, reason: string): void => {
    flush()
    finish()
    line.close(code, reason)
  }
  const fail = (code: number, reason: string): void => {
    if (over) return
    end(code, reason)
    ended(code, reason, true)
  }

  const it: Attempt = {
    ...beat,
    write(frame) {
      // A character has at most three bytes.
      if (frames.length === most || (length + frame.length) * 4 > context.maxBytes) flush()
      length += frame.length
      if (frames.push(frame) === 1) queueMicrotask(flush)
    },
    backlog: () => line.bufferedAmount,
    end,
  }
  return it
}
