import type { Capabilities } from '../../src/testing/conformance/index.ts'

/** What workerd does below a Worker and a Durable Object alike. */
export const workerd: Partial<Capabilities> = {
  httpVersion: false,
  connectionHeaders: 'hidden',
  closesRefused: false,
  handshakeResets: false,
  unmasked: 'accepted',
  invalidUtf8: 'delivered',
  longControl: 'accepted',
  badCloseCodes: 'accepted',
  compression: 'forced',
  endlessFragments: 'kept',
  awaitsClose: 'for ever',
  backpressure: false,
}
