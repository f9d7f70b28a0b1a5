import { $, el } from '../../../shared/browser/dom.ts'

const most = 40

/** A WebSocket whose frames are shown beside the conversation. */
export class tapped extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols)
    this.addEventListener('message', ({ data }) => show('in', String(data)))
  }

  override send(data: string): void {
    super.send(data)
    show('out', data)
  }
}

/** A frame as it travels, its type in bold. */
function show(direction: 'in' | 'out', text: string): void {
  const pieces = text
    .slice(0, 600)
    .split(/("type":"[^"]*")/)
    .map((piece, at) => (at % 2 ? el('b', {}, piece) : piece))
  const frames = $('frames')
  frames.prepend(el('li', { class: direction }, el('code', {}, ...pieces)))
  if (frames.childElementCount > most) frames.lastElementChild!.remove()
}
