/** The app of the conformance suite, and a route that waits for a credential as long as it does by default. */
import { credential } from '../../src/handshake.ts'
import { app, fountain } from '../../src/testing/conformance/app.ts'

export { app } from '../../src/testing/conformance/app.ts'

app.get('/unauthenticated/:room', credential({ from: ['frame'], verify: () => null }), fountain)
