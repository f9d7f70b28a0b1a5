/**
 * What a runtime can show or do. All is well by default; a runtime that cannot names the limit here,
 * and the suite asserts the documented gap where it can be seen, so that a change is noticed.
 */
export interface Capabilities {
  /** There is a TCP port to attack. `false`: the in-memory runtime. @default true */
  tcp: boolean
  /** The HTTP version is visible. `false`: Bun and Deno do not show it to the handler. @default true */
  httpVersion: boolean
  /**
   * Who answers a request that is wrong as HTTP (a bad `Host`, a bad target, too many headers).
   * `'runtime'`: answered below the app, with whatever status the runtime chooses. @default 'app'
   */
  badHttp: 'app' | 'runtime'
  /**
   * `Connection` and `Upgrade` can be set on responses, and a request without `Connection` is none for a
   * WebSocket. `'hidden'`: workerd drops both from responses, and Cloudflare's edge may drop
   * `Connection` from requests. @default 'visible'
   */
  connectionHeaders: 'visible' | 'hidden'
  /** A refused handshake ends its TCP connection. `false`: the runtime keeps it open for the next request. @default true */
  closesRefused: boolean
  /** A connection without complete headers is cut within 16 s. `false`: Deno waits for ever. @default true */
  headerTimeout: boolean
  /**
   * A client that vanishes during the handshake is noticed. `false`: workerd does not always tell of one
   * that was gone before the 101 had passed through the Worker. @default true
   */
  handshakeResets: boolean
  /** Frames that arrive before the 101 are kept. `false`: Bun takes them for the next HTTP request while a guard awaits. @default true */
  earlyFrames: boolean
  /** A frame that breaks RFC 6455 is answered by Close 1002 or 1007. `'cut'`: Deno ends TCP without a Close. @default 'close' */
  violations: 'close' | 'cut'
  /** Unmasked frames of a client. `'accepted'`: Deno and workerd never look at the mask bit. @default 'refused' */
  unmasked: 'refused' | 'accepted'
  /** Text that is not UTF-8. `'delivered'`: workerd replaces the bytes by U+FFFD. @default 'refused' */
  invalidUtf8: 'refused' | 'delivered'
  /** Control frames over 125 bytes. `'accepted'`: workerd answers them; Deno accepts a long Close. @default 'refused' */
  longControl: 'refused' | 'accepted'
  /** Close codes that must not be on the wire. `'accepted'`: workerd takes any number. @default 'refused' */
  badCloseCodes: 'refused' | 'accepted'
  /** `permessage-deflate`. `'forced'`: workerd negotiates it whenever a client offers it. @default 'never' */
  compression: 'never' | 'forced'
  /** Endless fragments of one message. `'kept'`: Deno and workerd buffer them below the app. @default 'refused' */
  endlessFragments: 'refused' | 'kept'
  /**
   * How a silent client is found. `'runtime'`: Deno pings by itself, and closes with its own 1001.
   * `'text'`: a Worker has no pings; the server sends a text `ping` to clients that negotiated the
   * protocol, and others are never found. `'awake'`: a Durable Object is not woken for it; such a client is found
   * when something else keeps the object awake, others if they have ever sent `ping`. @default 'ping'
   */
  silence: 'ping' | 'runtime' | 'text' | 'awake'
  /**
   * Waits for a client's Close, and what it is told. `'at most 5 s'`: then TCP ends. `'never'`: Bun ends TCP at
   * once, and takes the Close for answered. `'for ever'`: Deno and workerd cannot end TCP; only the close
   * handler runs in time. @default 'at most 5 s'
   */
  awaitsClose: 'at most 5 s' | 'never' | 'for ever'
  /**
   * A client that speaks into the server's Close sees it all the same. `false`: Deno resets TCP then, and what
   * it said last may be lost; the close handler is told. @default true
   */
  lastWords: boolean
  /**
   * It shows how much waits for a client that does not read. `false`: builds of workerd before November 2026
   * do not; a client may be sent 4 MiB at once and 1 MiB a second, whether it reads or not, and
   * channels that are lossy elsewhere close it like any other. @default true
   */
  backpressure: boolean
  /** Channels span connections. `false`: on a plain Worker a socket belongs to its own request. @default true */
  channels: boolean
  /** Milliseconds after which a quiet connection is surely hibernated; absent where there is no hibernation. */
  hibernatesAfterMs?: number
}

export const DEFAULTS: Capabilities = {
  tcp: true,
  httpVersion: true,
  connectionHeaders: 'visible',
  badHttp: 'app',
  closesRefused: true,
  headerTimeout: true,
  handshakeResets: true,
  earlyFrames: true,
  violations: 'close',
  unmasked: 'refused',
  invalidUtf8: 'refused',
  longControl: 'refused',
  badCloseCodes: 'refused',
  compression: 'never',
  endlessFragments: 'refused',
  silence: 'ping',
  awaitsClose: 'at most 5 s',
  lastWords: true,
  backpressure: true,
  channels: true,
}
