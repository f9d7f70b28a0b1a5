import { handler, type WorkerHandler } from '../../../src/cloudflare.ts'
import { app } from '../../../src/testing/conformance/app.ts'

const worker: WorkerHandler = handler(app)
export default worker
