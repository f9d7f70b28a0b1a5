import { Hono } from 'hono'
import { bytes, echo, feed } from './sockets.ts'

export const app: Hono = new Hono()
  .get('/raw', bytes)
  .get('/typed', echo)
  .get('/subscribe', feed)
  .get('/publish', feed)
