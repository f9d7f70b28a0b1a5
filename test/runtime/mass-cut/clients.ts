/** A process of many clients: of the address and the number it is given. It says when all of them are there. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { channels, connect } from '../../../src/client/index.ts'

const [url, count] = process.argv.slice(2)
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()
let open = 0
let dials = 0

const enter = (): void => {
  const socket = connect(url!)
  let wasOpen = false
  socket.onStatus((status) => {
    if (status === 'connecting') dials++
    const isOpen = status === 'open'
    if (isOpen === wasOpen) return
    wasOpen = isOpen
    open += isOpen ? 1 : -1
    // The first that is back begins a new count of how long this process is held up.
    if (isOpen && open === 1) delay.reset()
    if (open < Number(count)) return
    console.log(JSON.stringify({ dials, heldUpMs: Math.round(delay.max / 1e6) }))
    dials = 0
  })
  channels(socket).join('room/1')
}
// Not more at once than a server has room for in its queue of those who knock.
for (let n = 0; n < Number(count); n += 50) {
  for (let i = 0; i < 50; i++) enter()
  await new Promise((resolve) => setTimeout(resolve, 20))
}
