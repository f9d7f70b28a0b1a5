import { app } from './app.ts'

export * from './objects.ts'
export default app
