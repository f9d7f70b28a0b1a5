import { Hono } from 'hono'
import { bytes, echo } from './echo.ts'

export const app = new Hono()
  .get('/echo', echo)
  .get('/raw', bytes)
  .get('/health', (c) => c.text('ok'))
