/**
 * Publishes to a file without end, and says each offset once it is acknowledged; or says what is in it.
 */
import { writeSync } from 'node:fs'
import { env } from 'node:process'
import { sqliteBroker } from 'denwa/sqlite'

const KEEP = { size: 10_000, maxAgeMs: 60_000, maxBytes: 100_000_000 }
const broker = sqliteBroker(env['FILE']!)
const since = env['SINCE']

if (since === undefined) {
  say(broker.read('room', { maxCount: 0, maxBytes: 0 }, KEEP).position[0])
  for (let i = 1; ; i++) {
    say(broker.publish('room', { event: 'said', body: `${i}` }, KEEP)![1])
  }
} else {
  const range = { since: JSON.parse(since), maxCount: 10_000, maxBytes: 100_000_000 }
  const { position, publications, missing } = broker.read('room', range, KEEP)
  const bodies = publications.map(({ body }) => body)
  console.log(JSON.stringify({ position, missing, bodies }))
}

/** Waits for who reads it. */
function say(line: string | number): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`)
      return
    } catch (error) {
      if ((error as { code?: string }).code !== 'EAGAIN') throw error
    }
  }
}
