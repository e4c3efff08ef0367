// Programs with the names of agents, which print what those print: questions, work, and the prompt at the end of a turn.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserHost } from '../../support/browser/browser-host.ts'
import { OTG } from '../../support/built.ts'

/** `ask COMMAND` asks for permission, `key` waits for an answer and prints it, `work` works, `rest` ends the turn. */
const FUNCTIONS = String.raw`stty -echo -icanon
clear='\033[2J\033[H'
ask() { printf "$clear"'────────────\n Bash command\n\n   %s\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. Yes, and don’t ask again for this command in this folder\n   3. No\n' "$1"; }
key() { read -rn1 answer; printf '%s' "$answer" >> answers; }
work() { printf "$clear"'✻ Thinking… (esc to interrupt)\n'; }
rest() { printf "$clear"'Done.\n\n> \n'; }
until_file() { until [ -e "$1" ]; do sleep 0.02; done; }
`

/** Writes a program named `claude` into a folder below the one in which sessions start, and returns its path. */
export function writeAgent(host: BrowserHost, body: string, folder = '.', name = 'claude'): string {
  const file = join(host.home, folder, name)
  mkdirSync(join(host.home, folder), { recursive: true })
  writeFileSync(file, `#!/bin/bash\n${FUNCTIONS}\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}

/** A session whose program wants to type into another one, and waits for a person's permission. Resolves with both IDs. */
export async function asksPermission(host: BrowserHost): Promise<{ asking: string; other: string }> {
  const { session_id: other } = await host.desktop.create({ title: 'release 2.4', command: ['cat'] })
  const send = `OTG_DATA_DIR='${host.dataDir}' '${process.execPath}' '${OTG}' send ${other} --enter 'npm publish'`
  const command = [writeAgent(host, `work; ${send}; read -r line`)]
  const { session_id: asking } = await host.desktop.create({ title: 'fix the failing test', command })
  return { asking, other }
}
