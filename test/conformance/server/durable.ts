import { durableTickets, ticketObject } from '../../../src/cloudflare-tickets.ts'
import {
  type DurableObjectClass,
  durableSocket,
  handler,
  type WorkerHandler,
} from '../../../src/cloudflare.ts'
import * as sockets from '../../../src/testing/conformance/app.ts'

const Base: DurableObjectClass = durableSocket(sockets.main, (c) =>
  c.env.CONFORMANCE.getByName(c.req.param('room')),
)

export class Conformance extends Base {
  constructor(ctx: { id: { name?: string } }, env: unknown) {
    super(ctx, env)
    sockets.note('objects', String(ctx.id.name))
  }
}
export class Fountain extends durableSocket(sockets.fountain, (c) =>
  c.env.FOUNTAIN.getByName(c.req.param('room')),
) {}
export class RawFountain extends durableSocket(sockets.rawFountain, (c) =>
  c.env.RAW_FOUNTAIN.getByName(c.req.param('room')),
) {}
export class RawEcho extends durableSocket(sockets.rawEcho, (c) =>
  c.env.RAW_ECHO.getByName('echo'),
) {}
export class RawFail extends durableSocket(sockets.rawFail, (c) =>
  c.env.RAW_FAIL.getByName('fail'),
) {}
export class RawIdentity extends durableSocket(sockets.rawIdentity, (c) =>
  c.env.RAW_IDENTITY.getByName('one'),
) {}
export class RawProtocol extends durableSocket(sockets.rawProtocol, (c) =>
  c.env.RAW_PROTOCOL.getByName('one'),
) {}
export class RawTypes extends durableSocket(sockets.rawTypes, (c) =>
  c.env.RAW_TYPES.getByName('one'),
) {}

export class Tickets extends ticketObject() {}
sockets.ticketsIn(durableTickets((c) => c.env.TICKETS.getByName('all')))

const worker: WorkerHandler = handler(sockets.app)
export default worker
