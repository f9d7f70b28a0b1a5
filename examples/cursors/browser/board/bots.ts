import { type Point, SIDE } from '../../board-size.ts'
import { friendlyName } from '../../../shared/names.ts'
import { type Line, lineTo } from './line.ts'
import { sender } from './sender.ts'

const MOST = 60
const EVERY_MS = 40

interface Bot {
  readonly line: Line
  step(seconds: number): void
}

/** Company for one who is alone: connections of their own, each wandering about. The result sends them home. */
export function bots(board: string, count: number): () => void {
  const all = Array.from({ length: Math.min(count, MOST) }, (_, index) => bot(board, index))
  const start = performance.now()
  const timer = setInterval(() => {
    const seconds = (performance.now() - start) / 1000
    for (const { step } of all) step(seconds)
  }, EVERY_MS)
  return () => {
    clearInterval(timer)
    for (const { line } of all) line.socket.close()
  }
}

function bot(board: string, index: number): Bot {
  const line = lineTo(board, { name: friendlyName(), hue: (index * 137) % 360 })
  const say = sender(line)
  const [speed, turn, wide, high] = [0.25, 6, 0.35, 0.35].map(
    (most) => (0.5 + Math.random()) * most,
  )
  const middle: Point = [0.2 + Math.random() * 0.6, 0.25 + Math.random() * 0.5]
  const on = (middle: number, way: number): number =>
    Math.round(Math.min(Math.max(middle + way, 0.02), 0.98) * SIDE)
  return {
    line,
    step(seconds) {
      const time = seconds * speed! + turn!
      // Now and then it rests.
      if (Math.sin(time * 0.7 + index) > 0.8) return
      const left = Math.sin(time * 2) + 0.3 * Math.sin(time * 7.3)
      const top = Math.cos(time * 1.7) + 0.3 * Math.cos(time * 6.1)
      const at: Point = [on(middle[0], left * wide! * 0.7), on(middle[1], top * high! * 0.7)]
      say(at)
      if (Math.random() < 0.004 && line.socket.status === 'open') line.socket.send('click', at)
    },
  }
}
