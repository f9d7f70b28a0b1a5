import type uPlot from 'uplot'
import { $, el } from '../../../shared/browser/dom.ts'

export interface Hover {
  /** What is under the pointer: it changes by itself, as the plot goes on. */
  show(plot: uPlot, format: (value: number) => string): void
}

export function hoverOf(target: HTMLElement, names: readonly string[]): Hover {
  const box = $('hover')
  const time = el('p')
  const rows = names.map((name, index) => {
    const value = el('span')
    const row = el('p', { class: `series-${index + 1}` }, el('b', {}, name), value)
    return { row, value }
  })
  box.append(time, ...rows.map(({ row }) => row))
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

  return {
    show({ cursor, data }, format) {
      const { idx, left = -1 } = cursor
      const at = typeof idx === 'number' && left >= 0 ? data[0][idx] : undefined
      const values = rows.map((_, index) => data[index + 1]?.[idx ?? -1])
      box.hidden = at === undefined || values.every((value) => typeof value !== 'number')
      if (box.hidden) return
      time.textContent = clock.format(at)
      for (const [index, { row, value }] of rows.entries()) {
        const shown = values[index]
        row.hidden = typeof shown !== 'number'
        if (typeof shown === 'number') value.textContent = format(shown)
      }
      const isRight = left > target.clientWidth / 2
      box.style.translate = `${isRight ? left - box.offsetWidth - 14 : left + 14}px 0`
    },
  }
}
