/**
 * The conformance suite: what a runtime must do, seen from outside, as tests for any runner.
 *
 * @module
 *
 * @example
 * ```ts
 * import { describe, expect, test } from 'vitest'
 * import { conformance } from 'denwa/conformance'
 *
 * // the app of denwa/conformance/app is served there
 * conformance({ name: 'my runtime', url: 'http://127.0.0.1:8787' }, { describe, expect, test })
 * ```
 */
import { type Kit, kitFor } from './kit.ts'
import type { Runner } from './runner.ts'
import { badHttp } from './suite/bad-http.ts'
import { capacity } from './suite/capacity.ts'
import { channels } from './suite/channels.ts'
import { closing } from './suite/closing.ts'
import { composition } from './suite/composition.ts'
import { credential } from './suite/credential.ts'
import { errors } from './suite/errors.ts'
import { events } from './suite/events.ts'
import { expiry } from './suite/expiry.ts'
import { firstFrame } from './suite/first-frame.ts'
import { frames } from './suite/frames.ts'
import { handshake } from './suite/handshake.ts'
import { history } from './suite/history.ts'
import { heartbeat } from './suite/heartbeat.ts'
import { hibernation } from './suite/hibernation.ts'
import { lifetime } from './suite/lifetime.ts'
import { keyedRequests } from './suite/keyed-requests.ts'
import { limits } from './suite/limits.ts'
import { messages } from './suite/messages.ts'
import { middleware } from './suite/middleware.ts'
import { ordering } from './suite/ordering.ts'
import { origin } from './suite/origin.ts'
import { presence } from './suite/presence.ts'
import { rateLimits } from './suite/rate-limits.ts'
import { refusals } from './suite/refusals.ts'
import { requests } from './suite/requests.ts'
import { revocation } from './suite/revocation.ts'
import { serverSentEvents } from './suite/server-sent-events.ts'
import { slowReaders } from './suite/slow-readers.ts'
import { streams } from './suite/streams.ts'
import { subprotocol } from './suite/subprotocol.ts'
import { ticket } from './suite/ticket.ts'
import { violations } from './suite/violations.ts'
import { wireForm } from './suite/wire-form.ts'
import type { Target } from './target.ts'

export type { Capabilities } from './capabilities.ts'
export type { Kit } from './kit.ts'
export type { Matchers, Runner, RunnerTest } from './runner.ts'
export type { FetchInit, Link, OpenInit, Reply, Target } from './target.ts'

/** The suite by theme: run one, or all with {@linkcode conformance}. */
export const themes: Readonly<Record<string, (kit: Kit) => void>> = {
  handshake,
  refusals,
  'bad HTTP': badHttp,
  origin,
  subprotocol,
  middleware,
  composition,
  credential,
  'first frame': firstFrame,
  expiry,
  ticket,
  capacity,
  frames,
  violations,
  closing,
  messages,
  'wire form': wireForm,
  requests,
  'requests with a key': keyedRequests,
  streams,
  errors,
  events,
  limits,
  ordering,
  heartbeat,
  lifetime,
  'rate limits': rateLimits,
  channels,
  revocation,
  history,
  presence,
  'server-sent events': serverSentEvents,
  'slow readers': slowReaders,
  hibernation,
}

/** Declares the tests of every theme for `target`. */
export function conformance(target: Target, runner: Runner): void {
  const kit = kitFor(target, runner)
  for (const [name, theme] of Object.entries(themes)) {
    runner.describe(`${target.name}: ${name}`, () => theme(kit))
  }
}
