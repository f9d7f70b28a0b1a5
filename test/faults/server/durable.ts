import { handler, type WorkerHandler } from '../../../src/cloudflare.ts'
import { app } from '../app.ts'

export * from '../../conformance/server/durable.ts'

const worker: WorkerHandler = handler(app)
export default worker
