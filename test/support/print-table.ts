/** Prints a table in Markdown, columns aligned. */
export function printTable(head: readonly string[], body: readonly (readonly string[])[]): void {
  const widths = head.map((_, i) =>
    Math.max(...[head, ...body].map((cells) => cells[i]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  console.log(
    [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n'),
  )
}
