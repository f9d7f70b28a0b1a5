/** A process that runs clients: of the address it is given, for as long as it is told. */
import process from 'node:process'
import { suffer } from './victim.ts'

const [base, ms, kind, awaited] = process.argv.slice(2)
const Native =
  kind === 'ws' ? ((await import('ws')).WebSocket as unknown as typeof WebSocket) : undefined
const fates = await suffer(() => base!, JSON.parse(awaited!), Number(ms), Native)
console.log(JSON.stringify(fates))
process.exit(0)
