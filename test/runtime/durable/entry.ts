import { handler } from '../../../src/cloudflare.ts'
import { app } from './app.ts'

export * from './objects.ts'
export default handler(app)
