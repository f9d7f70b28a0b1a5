import { html } from 'hono/html'
import type { Html } from './document.ts'

/** How the connection is doing: `showStatus` of `browser/status.ts` fills it in. */
export const status: Html = html`<p id="status" class="status" role="status">Connecting…</p>`
