import { $ } from '../../../shared/browser/dom.ts'
import { nameOf } from '../../../shared/names.ts'

/** What one is called: the same in this tab until it is changed. */
export function ownName(): string {
  const asked = new URLSearchParams(location.search).get('name')
  const name = nameOf(asked ?? sessionStorage.getItem('name') ?? undefined)
  sessionStorage.setItem('name', name)
  return name
}

/** Asks for another name, and comes in anew with it. */
export function rename(name: string): void {
  const dialog = $<HTMLDialogElement>('rename')
  const input = $<HTMLInputElement>('name')
  input.value = name
  dialog.returnValue = ''
  dialog.showModal()
  input.select()
}

export function onRename(name: string): void {
  const dialog = $<HTMLDialogElement>('rename')
  $('cancel').addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => {
    const wanted = $<HTMLInputElement>('name').value.trim()
    if (dialog.returnValue !== 'save' || !wanted || wanted === name) return
    sessionStorage.setItem('name', wanted)
    location.assign(location.pathname)
  })
}
