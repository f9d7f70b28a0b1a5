/**
 * Middleware around messages, in the manner of Hono's.
 *
 * @module
 */
export { logger } from './middleware/logger.ts'
export { only } from './middleware/only.ts'
export { rateLimit } from './middleware/rate-limit.ts'
export type { RateLimit, RateLimitOptions } from './middleware/rate-limit.ts'
