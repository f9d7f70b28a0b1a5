import type { Timers } from '../runtime/port.ts'

/** The client's end of a socket. Before it is open nothing is sent. */
export interface Line {
  /** Bytes accepted for sending and not yet on their way. */
  readonly bufferedAmount: number
  send(text: string): void
  close(code: number, reason: string): void
}

/** What a client wants to hear of a socket; never before the dial has returned. */
export interface LineEvents {
  /** `protocol` is the negotiated one, empty if none. */
  open(protocol: string): void
  /** Anything but a text is an error of the peer. */
  message(data: unknown): void
  /** It is gone, or has not come about. */
  close(code: number, reason: string): void
}

/** Longest that a socket may take to open, in milliseconds. */
export const DIAL_MS = 15_000

/** Makes a socket. What it throws counts as a socket that has not come about. */
export type Dial = (url: string, protocols: string[], events: LineEvents) => Line

/** What a client runs on: its network, its time and its chance. */
export interface Io {
  readonly dial: Dial
  readonly timers: Pick<Timers, 'now' | 'random' | 'after'>
}
