// Collects garbage when told to, so that what is measured is what is needed.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

declare const Bun: { gc(force: boolean): void } | undefined

process.on('SIGUSR2', () => {
  if (typeof Bun !== 'undefined') return Bun.gc(true)
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, external } = process.memoryUsage()
  process.stderr.write(`live ${heapUsed + external}\n`)
})
