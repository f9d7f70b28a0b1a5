import { Hono } from 'hono'
import { etag } from 'hono/etag'
import { mark } from './mark.ts'

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** `/assets/:file`, of what was built. */
export function assets(built: Readonly<Record<string, string>>): Hono {
  const files = new Map(Object.entries({ ...built, 'mark.svg': mark }))
  const app = new Hono()
  app.get('/assets/:file', etag(), (c) => {
    const name = c.req.param('file')
    const text = files.get(name)
    const type = types[name.split('.').at(-1)!]
    if (text === undefined || !type) return c.notFound()
    return c.body(text, 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' })
  })
  return app
}
