import { upgradeWebSocket } from 'hono/cloudflare-workers'
import type { Hono } from 'hono'
import { createApp } from './app.ts'

const app: Hono = createApp(upgradeWebSocket)
export default app
