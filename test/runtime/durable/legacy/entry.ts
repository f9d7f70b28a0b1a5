import { durableSocket, handler } from '../../../../src/cloudflare.ts'
import { observe } from '../../../../src/observe.ts'
import { plain, room as forgetful } from '../app.ts'
import { app, room } from '../history/app.ts'

const stubOf = (namespace: any, c: any): any => namespace.getByName(c.req.param('room') ?? 'one')

export class Forgetful extends durableSocket(forgetful, (c) => stubOf(c.env.FORGETFUL, c)) {}
export class Plain extends durableSocket(plain, (c) => stubOf(c.env.PLAIN, c)) {}
export class Room extends durableSocket(room, (c) => stubOf(c.env.ROOM, c)) {}

const errors: string[] = []
observe(({ error }) => void errors.push(String(error)))

app
  .get('/forgetful/:room', forgetful)
  .get('/plain', plain)
  .get('/errors', (c) => c.json(errors))

export default handler(app)
