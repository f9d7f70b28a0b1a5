import { $ } from '../../../shared/browser/dom.ts'
import type { Rate } from '../../market.ts'
import type { Counted } from './meter.ts'

export interface Figures {
  /** How many a second. */
  rate: (what: Counted) => number
  age: number
  skipped: number
  points: number
}

/** What is chosen, and the numbers that are shown. */
export interface Panel {
  readonly windowMs: number
  readonly only: number | undefined
  readonly paused: boolean
  show(figures: Figures): void
  /** @param opening the price with which to compare */
  prices(prices: readonly number[], opening: (index: number) => number): void
}

export function panel(chosen: (rate: Rate) => void): Panel {
  const form = (name: string): string =>
    document.querySelector<HTMLInputElement>(`input[name=${name}]:checked`)!.value
  const outputs = (name: string): HTMLElement[] => [
    ...document.querySelectorAll<HTMLElement>(`#instruments .${name}`),
  ]
  const prices = outputs('price')
  const changes = outputs('change')
  const state = { windowMs: 0, only: undefined as number | undefined, paused: false }
  const smooth = new Map<string, number>()

  const read = (): void => {
    const instrument = form('instrument')
    state.only = instrument === 'all' ? undefined : Number(instrument)
    state.windowMs = Number(form('window')) * 1000
    $('plot').setAttribute(
      'aria-label',
      `Prices of the last ${form('window')} seconds${state.only === undefined ? ', compared' : ''}`,
    )
  }
  document.addEventListener('change', ({ target }) => {
    read()
    if ((target as HTMLInputElement).name === 'rate') chosen(Number(form('rate')) as Rate)
  })
  $('pause').addEventListener('click', () => {
    state.paused = !state.paused
    $('pause').setAttribute('aria-pressed', `${state.paused}`)
    $('paused').hidden = !state.paused
  })
  read()
  chosen(Number(form('rate')) as Rate)

  const text = (id: string, value: string): void => {
    const element = $(id)
    if (element.textContent !== value) element.textContent = value
  }
  const soft = (what: string, value: number): number => {
    const next = (smooth.get(what) ?? value) * 0.5 + value * 0.5
    smooth.set(what, next)
    return next
  }
  return {
    get windowMs() {
      return state.windowMs
    },
    get only() {
      return state.only
    },
    get paused() {
      return state.paused
    },
    show({ rate, age, skipped, points }) {
      text('updates', `${whole(soft('updates', rate('updates')))}/s`)
      text('messages', `${whole(soft('messages', rate('messages')))}/s`)
      text('bytes', `${(soft('bytes', rate('bytes')) / 1024).toFixed(1)} KiB/s`)
      text('merged', `${whole(soft('merged', rate('merged')))}/s`)
      text('frames', `${whole(soft('frames', rate('frames')))}/s`)
      text('age', Number.isFinite(age) ? `${Math.max(age, 0).toFixed(0)} ms` : '\u2013')
      text('skipped', whole(skipped))
      text('points', whole(points))
    },
    prices(now, opening) {
      for (const [index, price] of now.entries()) {
        if (price === undefined) continue
        const change = (price / opening(index) - 1) * 100
        prices[index]!.textContent = price.toFixed(2)
        if (Number.isNaN(change)) continue
        changes[index]!.textContent =
          `${change < 0 ? '\u25be' : '\u25b4'} ${Math.abs(change).toFixed(2)} %`
        changes[index]!.dataset['up'] = `${change >= 0}`
      }
    },
  }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')
