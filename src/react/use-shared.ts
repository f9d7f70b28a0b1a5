import { useCallback, useEffect, useInsertionEffect, useRef, useSyncExternalStore } from 'react'
import type { Latest } from './latest.ts'
import type { Shared } from './shared.ts'

/** What a component wants to hear, by name. */
export type Ears = Readonly<Record<string, ((data: any) => void) | undefined>>

/** How to hear: the result ends it. */
export type Hear<V> = (value: V, name: string, listener: (data: unknown) => void) => () => void

const nothing = (): void => {}

/**
 * What `owner` has under that key, begun and ended with the components that use it, never while one renders.
 * `ears` are those of the last render that counts.
 */
export function useShared<V>(
  shared: Shared<V>,
  owner: object | undefined,
  key: string,
  begin: () => V,
  hear: Hear<V>,
  ears: Ears,
): V | undefined {
  /** Of the render that is shown, if one is. */
  const shown = useRef<{ listen: unknown; begin: () => V; ears: Ears }>(undefined)
  /** Hears those that are there now. */
  const tune = useRef(nothing)

  const listen = useCallback(
    (changed: () => void): (() => void) => {
      if (!owner) return nothing
      let stops: (() => void)[] = []
      const deaf = (): void => {
        for (const stop of stops.splice(0)) stop()
      }
      const listenTo = (value: V): void => {
        deaf()
        stops = Object.keys(shown.current!.ears).map((name) =>
          hear(value, name, (data) => {
            // What is shown may be about another one already.
            if (shown.current?.listen === listen) shown.current.ears[name]?.(data)
          }),
        )
      }
      const leave = shared.take(
        owner,
        key,
        () => shown.current!.begin(),
        (value) => {
          tune.current = () => listenTo(value)
          tune.current()
          changed()
        },
      )
      return () => {
        tune.current = nothing
        deaf()
        leave()
      }
    },
    // A key says what `begin` makes.
    [shared, owner, key],
  )

  // Before any effect of this render, and of none that is thrown away.
  useInsertionEffect(() => {
    shown.current = { listen, begin, ears }
    return () => {
      shown.current = undefined
    }
  })
  const found = useSyncExternalStore(
    listen,
    () => (owner ? shared.peek(owner, key) : undefined),
    () => undefined,
  )
  const names = Object.keys(ears).join()
  useEffect(() => tune.current(), [names])
  return found
}

/** What a source says of itself, or `none` while there is no source. */
export function useLatest<S extends object, T>(
  latest: Latest<S, T>,
  source: S | undefined,
  none: T,
): T {
  const listen = useCallback(
    (changed: () => void): (() => void) => {
      if (!source) return nothing
      const stop = latest.on(source, changed)
      // It may have changed since it was rendered, and React 19.2 does not always look.
      changed()
      return stop
    },
    [latest, source],
  )
  return useSyncExternalStore(
    listen,
    () => (source ? latest.of(source) : none),
    () => none,
  )
}
