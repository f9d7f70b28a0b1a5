import { setTimeout as sleep } from 'node:timers/promises'
import type { EchoJob, FanOutJob, Job } from './jobs.ts'
import { open } from './peer.ts'
import type { Target } from './peer.ts'
import { Scanner, firstNumber, frame, offsetSlot, slot } from './wire.ts'

const number = String(firstNumber)

/** Before the clock starts: a server that answers wrongly, or takes what it must refuse, is not measured. */
export async function verify(job: Job, target: Target): Promise<void> {
  if (job.kind === 'echo') await verifyEcho(job, await talk(target))
  else
    await verifyFanOut(job, await talk(target), await talk({ ...target, path: job.subscribePath }))
}

async function verifyEcho(job: EchoJob, peer: Talk): Promise<void> {
  if (job.bad) {
    peer.say(job.bad)
    assertRefusal(await peer.hear())
  }
  const request = job.request.replace(slot, number)
  peer.say(job.batched ? `[${request}]` : request)
  assertEqual(await peer.hear(), job.reply.replace(slot, number))
  peer.end()
}

async function verifyFanOut(job: FanOutJob, publisher: Talk, subscriber: Talk): Promise<void> {
  await sleep(50)
  publisher.say(job.bad)
  assertRefusal(await publisher.hear())
  publisher.say(job.request.replace(slot, number))
  const first = job.publication.replace(offsetSlot, '1')
  assertEqual(await subscriber.hear(), first.replace(slot, number))
  publisher.end()
  subscriber.end()
}

function assertRefusal(text: string): void {
  if (!/^\{("id":1,)?"error":\{"code":"invalid"/.test(text)) throw new Error(`Not refused: ${text}`)
}

function assertEqual(text: string, wanted: string): void {
  if (text !== wanted) throw new Error(`Heard ${text}, not ${wanted}`)
}

interface Talk {
  say(text: string): void
  /** The next frame, out of its array; the protocol's own (`$welcome`) left out. */
  hear(): Promise<string>
  end(): void
}

async function talk(target: Target): Promise<Talk> {
  const heard: string[] = []
  const scanner = new Scanner()
  scanner.onText = (text, opcode) => {
    if (opcode === 8) return void heard.push(`a Close: ${text.slice(2)}`)
    const frames = text.startsWith('[')
      ? (JSON.parse(text) as unknown[]).map((item) => JSON.stringify(item))
      : [text]
    heard.push(...frames.filter((item) => !item.startsWith('{"type":"$')))
  }
  const peer = await open(target, {
    onBytes: (bytes, end) => scanner.feed(bytes, end),
    onLost: (error) => heard.push(error.message),
  })
  return {
    say: (text) => peer.write(frame(text, true)),
    async hear() {
      for (let waited = 0; heard.length === 0; waited += 5) {
        if (waited > 10_000) throw new Error(`${target.path} does not answer`)
        await sleep(5)
      }
      return heard.shift()!
    },
    end: peer.end,
  }
}
