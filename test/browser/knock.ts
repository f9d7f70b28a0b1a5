import type { Frame, Page } from 'playwright-core'

/** Has a page of ours or theirs open a socket: 'open', or the status that refused it. */
export async function knock(page: Page, from: Page | Frame, url: string): Promise<string> {
  const refused = new Promise<string>((resolve) => {
    page.once('websocket', (socket) => socket.once('socketerror', resolve))
  })
  const outcome = await from.evaluate(openAndClose, url)
  return outcome === 'open' ? outcome : (/\d{3}$/.exec(await refused)?.[0] ?? (await refused))
}

function openAndClose(url: string): Promise<'open' | 'refused'> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url)
    socket.onopen = () => {
      resolve('open')
      socket.close()
    }
    socket.onerror = () => resolve('refused')
  })
}

/** A frame within the page, without an origin of its own. */
export async function opaqueFrame(page: Page, kind: 'sandbox' | 'data'): Promise<Frame> {
  const handle = await page.evaluateHandle((kind) => {
    const frame = document.createElement('iframe')
    if (kind === 'sandbox') {
      frame.setAttribute('sandbox', 'allow-scripts')
      frame.srcdoc = '<!doctype html>'
    } else frame.src = 'data:text/html,<!doctype html>'
    return new Promise<HTMLIFrameElement>((resolve) => {
      frame.onload = () => resolve(frame)
      document.body.append(frame)
    })
  }, kind)
  return (await handle.contentFrame())!
}
