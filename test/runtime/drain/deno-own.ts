import { handler } from '../../../src/deno.ts'
import { app, endsOnSignal } from './app.ts'

declare const Deno: {
  serve(options: object, handler: object): { shutdown(): Promise<void> }
}

const own = handler(app)
const onListen = ({ port }: { port: number }): void =>
  console.log(`listening on http://localhost:${port}`)
const server = Deno.serve({ port: 0, onListen }, own)
endsOnSignal(own, () => server.shutdown())
