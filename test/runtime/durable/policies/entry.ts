import { handler } from '../../../../src/cloudflare.ts'
import { app } from './objects.ts'

export { Plain, Square, Tickets } from './objects.ts'
export default handler(app)
