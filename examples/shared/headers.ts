import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

const own = ["'self'"]

/** A page loads nothing but its own scripts, styles and pictures, and connects to nobody else. */
export const headers: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: own,
    styleSrc: own,
    imgSrc: own,
    connectSrc: own,
    baseUri: ["'none'"],
    formAction: own,
    frameAncestors: ["'none'"],
  },
  // Served over plain HTTP on this machine; whoever terminates TLS sets it.
  strictTransportSecurity: false,
})
