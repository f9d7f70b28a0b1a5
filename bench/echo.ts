import type { EchoJob } from './jobs.ts'
import { open } from './peer.ts'
import type { Listener, Target } from './peer.ts'
import { Batch, Scanner, itemsIn } from './wire.ts'
import { repeat } from './work.ts'
import type { Fail, Work } from './work.ts'

type OnBytes = Listener['onBytes']

/** Compares every byte with what must come. */
function exact(job: EchoJob, onAll: () => void, fail: Fail): OnBytes {
  const replies = new Batch(
    repeat(job.depth, () => job.reply),
    false,
  )
  let at = 0
  return (bytes, end) => {
    const expected = replies.bytes
    if (at + end > expected.length || bytes.compare(expected, at, at + end, 0, end) !== 0) {
      return fail(new Error(`Wrong reply: ${bytes.toString('latin1', 0, end)}`))
    }
    at += end
    if (at < expected.length) return
    at = 0
    replies.next()
    onAll()
  }
}

/** What came in one array may be answered in one or in several: told by their size. */
function joined(job: EchoJob, onAll: () => void, fail: Fail): OnBytes {
  const replies = new Scanner()
  let missing = job.depth
  replies.onText = (text, opcode) => {
    if (text.startsWith('{"type":"$')) return
    const items = itemsIn(text.length, job.reply.length)
    if (opcode > 2 || !Number.isInteger(items)) return fail(new Error(`Wrong reply: ${text}`))
    missing -= items
    if (missing > 0) return
    missing += job.depth
    onAll()
  }
  return (bytes, end) => replies.feed(bytes, end)
}

/** Every connection keeps `depth` requests under way. */
export async function echo(job: EchoJob, target: Target, fail: Fail): Promise<Work> {
  let messages = 0
  let busy = 0
  let stopping = false

  const connect = async (): Promise<{ start(): void; end(): void }> => {
    const texts = repeat(job.depth, () => job.request)
    const requests = new Batch(job.batched ? [`[${texts.join()}]`] : texts, true)
    const onAll = (): void => {
      messages += job.depth
      requests.next()
      if (stopping) busy--
      else peer.write(requests.bytes)
    }
    let onBytes: OnBytes = () => {}
    const peer = await open(target, { onLost: fail, onBytes: (bytes, end) => onBytes(bytes, end) })
    return {
      start() {
        onBytes = (job.batched ? joined : exact)(job, onAll, fail)
        busy++
        peer.write(requests.bytes)
      },
      end: peer.end,
    }
  }

  const connections = await Promise.all(repeat(job.connections, connect))
  return {
    start: () => connections.forEach((connection) => connection.start()),
    messages: () => messages,
    stop: () => void (stopping = true),
    idle: () => busy === 0,
    end: () => connections.forEach((connection) => connection.end()),
  }
}
