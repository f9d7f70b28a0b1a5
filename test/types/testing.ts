import { TestClock, connect } from 'denwa/testing'
import { expectTypeOf } from 'vitest'
import { app } from './echo.ts'

const clock = new TestClock()
const socket = await connect(app, '/echo', { clock, protocols: ['denwa.v1.json'], env: { A: 1 } })
socket.send({ type: 'echo', data: 'hi' })
expectTypeOf(await socket.next()).toEqualTypeOf<unknown>()
expectTypeOf(socket.response).toEqualTypeOf<Response>()
expectTypeOf(socket.closed).resolves.toEqualTypeOf<{ code: number; reason: string }>()
