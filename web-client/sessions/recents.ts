// Recently used commands and folders, from the recorded sessions.
import type { SessionInfo } from '../../protocol/messages.ts'
import { commandLine } from '../../ui/sessions/session-text.ts'

export interface Recent {
  /** As shown; a command may be shortened. */
  text: string
  /** The latest session that used it. */
  session: SessionInfo
}

export interface Recents {
  commands: Recent[]
  folders: Recent[]
}

/** Beyond this the user searches instead. */
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

/** `sessions`: newest first. Each command and folder appears once, by its latest use. */
export function recents(sessions: readonly SessionInfo[]): Recents {
  const commands = new Map<string, Recent>()
  const folders = new Map<string, Recent>()
  for (const session of sessions) {
    const key = JSON.stringify(session.command)
    if (!commands.has(key) && commands.size < MAX_RECENTS)
      commands.set(key, { text: commandLabel(session.command), session })
    if (!folders.has(session.cwd) && folders.size < MAX_RECENTS)
      folders.set(session.cwd, { text: session.cwd, session })
  }
  return { commands: [...commands.values()], folders: [...folders.values()] }
}

/** A shell without a command is labeled as a shell. */
function commandLabel([program = '', ...rest]: readonly string[]): string {
  const name = program.split(/[/\\]/).at(-1) || program
  const isShell =
    SHELLS.has(name.replace(/^-/, '')) && rest.every(word => /^-{1,2}[a-z]*$/i.test(word) && !/^-[a-z]*c/i.test(word))
  return isShell ? `${name} (shell)` : commandLine([name, ...rest])
}
