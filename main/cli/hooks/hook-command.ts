// The command that agents run as their hook: `otg notify` by absolute paths, harmless wherever it runs.
import { resolve } from 'node:path'

/** The program's own paths, as the hooks name them. */
export interface OtgProgram {
  node: string
  otg: string
}

/** This otg, as it was started: a link that an update moves along is kept as it is. */
export function thisProgram(): OtgProgram {
  return { node: process.execPath, otg: resolve(process.argv[1]!) }
}

/**
 * Runs its arguments inside a session, and otherwise only takes the input: an agent may fail when it cannot write. The file is
 * checked first, because otg may have been moved or removed since.
 */
const GUARD = 'if [ -n "$OTG_SESSION_ID" ] && [ -f "$2" ]; then "$@" 2>/dev/null; else cat >/dev/null; fi; true'

/** As an argv. `sh` runs it, whatever shell the user has. */
export function hookArguments({ node, otg }: OtgProgram, options: string[], platform = process.platform): string[] {
  const command = [node, otg, 'notify', ...options]
  return platform === 'win32' ? command : ['sh', '-c', GUARD, 'otg', ...command]
}

/** As one line for a shell: sh, bash, zsh or fish, and on Windows cmd. */
export function hookCommand(program: OtgProgram, options: string[], platform = process.platform): string {
  const quote = platform === 'win32' ? (word: string) => (/^[\w.:\\/-]+$/.test(word) ? word : `"${word}"`) : shellWord
  return hookArguments(program, options, platform).map(quote).join(' ')
}

/** Whether a command was made by `hookCommand` or `hookArguments`, by this otg or another one. */
export function isHookCommand(command: string): boolean {
  return command.includes(GUARD) || /\botg(\.js|\.ts)?"? notify --agent /.test(command)
}

/** A word that a shell takes as it is. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
