import type { Command } from '../../tools/command.ts'

/** The same, for a program that keeps files: on Deno it has to be allowed to. */
export function permitted(
  command: Command,
  flags: readonly string[] = ['--allow-read', '--allow-write', '--allow-sys'],
): Command {
  const at = command.args.indexOf('--allow-net')
  if (at < 0) return command
  return { ...command, args: command.args.toSpliced(at, 0, ...flags) }
}
