import { $ } from '../../../shared/browser/dom.ts'

const idleMs = 3000

/** Where one writes. `types` hears when that begins and ends. */
export function composer(
  room: string,
  say: (text: string) => void,
  types: (active: boolean) => void,
): void {
  const form = $<HTMLFormElement>('composer')
  const input = $<HTMLTextAreaElement>('text')
  const draft = `draft ${room}`
  let idle: ReturnType<typeof setTimeout> | undefined

  const active = (isActive: boolean): void => {
    if (isActive !== (idle !== undefined)) types(isActive)
    clearTimeout(idle)
    idle = isActive ? setTimeout(active, idleMs, false) : undefined
  }
  const changed = (): void => {
    input.style.height = 'auto'
    input.style.height = `${input.scrollHeight}px`
    $<HTMLButtonElement>('send').disabled = input.value.trim() === ''
    sessionStorage.setItem(draft, input.value)
  }

  input.addEventListener('input', () => {
    changed()
    active(input.value.trim() !== '')
  })
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const text = input.value.trim()
    if (!text) return
    input.value = ''
    active(false)
    changed()
    input.focus()
    say(text)
  })

  input.value = sessionStorage.getItem(draft) ?? ''
  changed()
  if (matchMedia('(pointer: fine)').matches) input.focus()
}
