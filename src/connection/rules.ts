/** What makes requests safe to repeat. It holds; a simulation turns it off, to show that it would notice. */
export const rules = {
  /** What nobody here can know of is not done again. */
  again: true,
}
