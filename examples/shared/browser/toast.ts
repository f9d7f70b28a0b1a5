import { $ } from './dom.ts'

let fading: ReturnType<typeof setTimeout> | undefined

/** Says something in `#toast` for a moment, of so many milliseconds. */
export function toast(text: string, ms: number): void {
  const box = $('toast')
  box.textContent = text
  box.classList.add('shown')
  clearTimeout(fading)
  fading = setTimeout(() => box.classList.remove('shown'), ms)
}
