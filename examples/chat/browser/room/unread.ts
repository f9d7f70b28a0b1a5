/** Counts in the title what is said while nobody looks. */
export function unread(): { count(): void } {
  const title = document.title
  let unseen = 0
  const show = (count: number): void => {
    unseen = count
    document.title = count ? `(${count}) ${title}` : title
  }
  document.addEventListener('visibilitychange', () => document.hidden || show(0))
  return { count: () => document.hidden && show(unseen + 1) }
}
