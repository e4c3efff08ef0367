// Which commands and folders were used lately, from the sessions that were recorded. Knows no sheet and no host.
import type { SessionInfo } from '../../protocol/messages.ts'
import { commandLine } from '../../ui/sessions/session-text.ts'

export interface Recent {
  /** As it is shown; of a command this may be cut. */
  text: string
  /** Whose it was last. */
  session: SessionInfo
}

export interface Recents {
  commands: Recent[]
  folders: Recent[]
}

/** More is a search. */
const MAX_RECENTS = 20

const SHELLS = new Set([
  'sh',
  'bash',
  'dash',
  'zsh',
  'fish',
  'ksh',
  'nu',
  'pwsh',
  'powershell',
  'powershell.exe',
  'cmd.exe',
])

/** `sessions`: the newest first. Each once, by its last use. */
export function recents(sessions: readonly SessionInfo[]): Recents {
  const commands = new Map<string, Recent>()
  const folders = new Map<string, Recent>()
  for (const session of sessions) {
    const key = JSON.stringify(session.command)
    if (!commands.has(key) && commands.size < MAX_RECENTS) commands.set(key, { text: named(session.command), session })
    if (!folders.has(session.cwd) && folders.size < MAX_RECENTS)
      folders.set(session.cwd, { text: session.cwd, session })
  }
  return { commands: [...commands.values()], folders: [...folders.values()] }
}

/** A shell that runs no command of somebody's is called what it is. */
function named([program = '', ...rest]: readonly string[]): string {
  const name = program.split(/[/\\]/).at(-1) || program
  const isShell =
    SHELLS.has(name.replace(/^-/, '')) && rest.every(word => /^-{1,2}[a-z]*$/i.test(word) && !/^-[a-z]*c/i.test(word))
  return isShell ? `${name} (shell)` : commandLine([name, ...rest])
}
