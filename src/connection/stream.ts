import { SocketError } from '../errors.ts'
import { endFrame, itemFrame } from '../protocol/frame.ts'
import type { Call } from './call.ts'
import { SKIPPED } from './compose.ts'
import { mustPass } from './schema.ts'

/** Sends a streamed reply: items within the client's credit, then exactly one terminal frame. */
export async function pump(call: Call, result: unknown): Promise<void> {
  const { connection: c, route, progress } = call
  const id = call.requestId as number
  let source: AsyncIterator<unknown> | undefined
  const stop = (): Promise<void> => {
    const stopped = source
    source = undefined
    return dismiss(call, stopped)
  }
  progress.stop = () => void stop()
  try {
    const iterator = iterate(await result)
    source = iterator
    while (!call.done) {
      // One item ahead of the credit, so that a stream of just as many ends by itself.
      const next = await iterator.next()
      if (next.done) {
        source = undefined
        call.answer(endFrame(id))
        break
      }
      const item = mustPass(await route.output(next.value), 'send an item')
      while (progress.credit === 0 && !call.done) await credit(call)
      if (call.done) break
      progress.credit--
      c.write(itemFrame(id, item))
    }
  } catch (error) {
    call.fail(error)
  }
  await stop()
  call.release()
}

function iterate(result: unknown): AsyncIterator<unknown> {
  if (result === SKIPPED) throw new SocketError('forbidden', 'refused')
  const source = result as Partial<AsyncIterable<unknown> & Iterable<unknown>> | undefined
  const iterator = source?.[Symbol.asyncIterator]?.() ?? source?.[Symbol.iterator]?.()
  if (!iterator) throw new TypeError('Cannot stream the result: return an async iterable')
  return iterator as AsyncIterator<unknown>
}

function credit({ progress }: Call): Promise<void> {
  return new Promise((resolve) => {
    progress.wake = () => {
      progress.wake = undefined
      resolve()
    }
  })
}

/** Lets the source clean up; what it throws then concerns nobody but the observers. */
async function dismiss(call: Call, iterator: AsyncIterator<unknown> | undefined): Promise<void> {
  try {
    await iterator?.return?.()
  } catch (error) {
    call.connection.report(error, `stream ${call.route.type}`)
  }
}
