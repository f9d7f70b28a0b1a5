import { handler } from 'denwa/cloudflare'
import { app } from './app.ts'

export default handler(app)
