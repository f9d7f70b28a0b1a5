import { handler } from '../../../src/bun.ts'
import { app, endsOnSignal } from './app.ts'

declare const Bun: {
  serve(options: object): { port: number; stop(): Promise<void> }
}

const own = handler(app, { port: 0 })
const server = Bun.serve(own)
console.log(`listening on http://localhost:${server.port}`)
endsOnSignal(own, () => server.stop())
