import { durableSocket, handler } from 'denwa/cloudflare'
import { app } from './app.ts'
import { bytes, echo } from './echo.ts'

export class EchoObject extends durableSocket(echo, (c) => c.env.ECHO_OBJECT.getByName('echo')) {}
export class RawObject extends durableSocket(bytes, (c) => c.env.RAW_OBJECT.getByName('raw')) {}
export default handler(app)
