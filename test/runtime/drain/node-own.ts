import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { upgradeListener } from '../../../src/node.ts'
import { app, endsOnSignal } from './app.ts'

const listener = upgradeListener(app)
const server = createServer().on('upgrade', listener)
server.listen(0, () =>
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`),
)
// Nothing but the sockets holds the process then.
endsOnSignal({ close: (how) => (server.close(), listener.close(how)) })
