/** What `tools/pages.ts` makes of an example's `browser/`, before it starts: texts by the names of files. */
declare module '*/built.js' {
  export const built: Readonly<Record<string, string>>
}
