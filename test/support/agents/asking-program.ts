// A program with an agent's name and screen, for tests of what the host makes of them: it asks, works and finishes on command.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../host.ts'

const LIBRARY = `#!/bin/bash
stty -echo -icanon
clear_screen() { printf '\\033[2J\\033[H'; }
ask() { clear_screen; printf '────────────\\n Bash command\\n\\n   %s\\n\\n Do you want to proceed?\\n ❯ 1. Yes\\n   2. Yes, and don’t ask again\\n   3. No\\n' "$1"; }
work() { clear_screen; printf '%s\\n(esc to interrupt)\\n' "$1"; }
finish() { clear_screen; printf '%s\\n> \\n' "$1"; }
key() { read -rn1 key; }
`

/**
 * The path of a script that looks like Claude Code. `body` is bash with these functions: \`ask COMMAND\`, \`work TEXT\`,
 * \`finish TEXT\`, and \`key\`, which reads a key into $key.
 */
export function askingProgram(body: string, name = 'claude'): string {
  return programNamed(name, `${LIBRARY}${body}`)
}

/** The path of a program with this name. */
export function programNamed(name: string, text: string): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, `${text}\n`)
  chmodSync(file, 0o755)
  return file
}
