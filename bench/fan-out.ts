import { setTimeout as sleep } from 'node:timers/promises'
import type { FanOutJob } from './jobs.ts'
import { open } from './peer.ts'
import type { Target } from './peer.ts'
import { Batch, Scanner, firstNumber, frame, itemsIn, offsetSlot, slot } from './wire.ts'
import { repeat } from './work.ts'
import type { Fail, Work } from './work.ts'

/** One publisher: it says the next thing when every subscriber has all of the last. */
export async function fanOut(job: FanOutJob, target: Target, fail: Fail): Promise<Work> {
  const requests = new Batch(
    repeat(job.depth, () => job.request),
    true,
  )
  let messages = 0
  let expected = 0
  let stopping = false
  /** Of the last publication, where it has one. */
  let offset = NaN
  let itemBytes = 0

  const publish = (): void => {
    itemBytes = withOffset(job.publication, ++offset).length
    expected += job.depth * job.subscribers
    publisher.write(requests.bytes)
  }

  const subscribe = async (index: number): Promise<Subscriber> => {
    const scanner = new Scanner()
    const self: Subscriber = { items: 0, heard: '', start: () => {}, end: () => {} }
    scanner.onText = (text) => {
      self.heard = text
    }
    self.start = () => {
      scanner.onText = index === 0 ? inOrder(job, offset, fail) : undefined
      scanner.onFrame = (opcode, bytes) => {
        const items = itemsIn(bytes, itemBytes)
        if (opcode > 2 || !Number.isInteger(items)) {
          return fail(new Error(`Wrong publication: opcode ${opcode}, ${bytes} bytes`))
        }
        self.items += items
        messages += items
        if (messages < expected || stopping) return
        requests.next()
        publish()
      }
    }
    const peer = await open(
      { ...target, path: job.subscribePath },
      { onLost: fail, onBytes: (bytes, end) => scanner.feed(bytes, end) },
    )
    self.end = peer.end
    return self
  }

  const subscribers = await inGroups(50, job.subscribers, subscribe)
  const publisher = await open(
    { ...target, subprotocol: undefined },
    {
      onLost: fail,
      onBytes: (bytes, end) => fail(new Error(`Refused: ${bytes.toString('latin1', 0, end)}`)),
    },
  )
  // A server may need a moment after the 101 to put a connection on the channel: asked until all
  // hear it, and once more, to know that no late answer is under way.
  const probe = async (mark: string, again: boolean): Promise<void> => {
    const request = frame(job.request.replace(/#+~*/, mark), true)
    for (let tries = 0; !subscribers.every(({ heard }) => heard.includes(`"${mark}"`)); tries++) {
      if (tries === 750) throw new Error('Some subscribers hear nothing')
      if (tries === 0 || (again && tries % 25 === 0)) publisher.write(request)
      await sleep(20)
    }
  }
  await probe('?', true)
  await probe('!', false)
  offset = offsetIn(subscribers[0]!.heard)

  return {
    start() {
      subscribers.forEach((subscriber) => subscriber.start())
      publish()
    },
    messages: () => messages,
    stop: () => void (stopping = true),
    idle: () => subscribers.every(({ items }) => items * job.subscribers === expected),
    end: () => [publisher, ...subscribers].forEach((peer) => peer.end()),
  }
}

interface Subscriber {
  items: number
  /** The last message before the start. */
  heard: string
  start(): void
  end(): void
}

/** Reads what comes: every number once, in order, and every offset after this one. */
function inOrder(job: FanOutJob, offset: number, fail: Fail): (text: string) => void {
  let number = firstNumber
  return (text) => {
    for (const item of [JSON.parse(text)].flat() as unknown[]) {
      const wanted = withOffset(job.publication, ++offset).replace(slot, String(number++))
      if (JSON.stringify(item) !== wanted) fail(new Error(`Wrong publication: ${text}`))
    }
  }
}

/** NaN where nothing is kept. */
function offsetIn(text: string): number {
  const frames = [JSON.parse(text)].flat() as { offset?: number }[]
  return frames.at(-1)!.offset ?? NaN
}

const withOffset = (publication: string, offset: number): string =>
  publication.replace(offsetSlot, String(offset))

async function inGroups<T>(
  size: number,
  count: number,
  make: (index: number) => Promise<T>,
): Promise<T[]> {
  const made: T[] = []
  while (made.length < count) {
    const from = made.length
    const group = repeat(Math.min(size, count - from), (index) => make(from + index))
    made.push(...(await Promise.all(group)))
  }
  return made
}
