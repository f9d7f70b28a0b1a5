import type uPlot from 'uplot'
import type { Lines } from './lines.ts'

export function fade(u: uPlot, colour: string): CanvasGradient {
  const { top, height } = u.bbox
  const gradient = u.ctx.createLinearGradient(0, top, 0, top + height)
  gradient.addColorStop(0, `${colour}55`)
  gradient.addColorStop(1, `${colour}00`)
  return gradient
}

/** Where nothing is known is said, not drawn over. */
export function drawHoles(
  u: uPlot,
  holes: Lines['holes'],
  { hole, soft }: { hole: string; soft: string },
): void {
  const { ctx, bbox } = u
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  for (const [from, to] of holes) {
    const left = u.valToPos(from, 'x', true)
    const width = u.valToPos(to, 'x', true) - left
    ctx.fillStyle = hole
    ctx.fillRect(left, bbox.top, width, bbox.height)
    if (width < 90 * devicePixelRatio) continue
    ctx.fillStyle = soft
    ctx.font = `${12 * devicePixelRatio}px ${getComputedStyle(u.root).fontFamily}`
    ctx.textAlign = 'center'
    ctx.fillText('no data', left + width / 2, bbox.top + 20 * devicePixelRatio)
  }
  ctx.restore()
}

export function drawHeads(u: uPlot, series: readonly string[]): void {
  const { ctx, data } = u
  const last = data[0].length - 1
  if (last < 0) return
  const x = u.valToPos(data[0][last]!, 'x', true)
  ctx.save()
  for (const [index, colour] of series.entries()) {
    const value = data[index + 1]?.[last]
    if (value === null || value === undefined) continue
    const y = u.valToPos(value, 'y', true)
    for (const [radius, alpha] of [
      [9, 0.22],
      [4, 1],
    ] as const) {
      ctx.globalAlpha = alpha
      ctx.fillStyle = colour
      ctx.beginPath()
      ctx.arc(x, y, radius * devicePixelRatio, 0, 2 * Math.PI)
      ctx.fill()
    }
  }
  ctx.restore()
}
