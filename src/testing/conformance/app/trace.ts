/** What handlers noted down, per room: the suite reads it over HTTP. */
const notes = new Map<string, string[]>()
const MAX_ROOMS = 2_000

/** Notes that something happened in a room. */
export function note(room: string, what: string): void {
  const list = notes.get(room) ?? []
  list.push(what)
  notes.set(room, list)
  if (notes.size > MAX_ROOMS) notes.delete(notes.keys().next().value!)
}

export function notesOf(room: string): string[] {
  return notes.get(room) ?? []
}
