// What a session list contains of a session.
import type { SessionInfo } from '../../../protocol/messages.ts'

/** Enough of a command for a person to read; whole prompts of a hundred agents would not fit into a message. */
const LISTED_ARGUMENTS = 10
const LISTED_CHARACTERS = 100
const LISTED_PATH_CHARACTERS = 1024
const LISTED_VIEWERS = 20

export function summarize(session: SessionInfo): SessionInfo {
  const cut = (text: string) => (text.length > LISTED_CHARACTERS ? `${text.slice(0, LISTED_CHARACTERS)}…` : text)
  return {
    ...session,
    command: session.command.slice(0, LISTED_ARGUMENTS).map(cut),
    cwd: session.cwd.slice(0, LISTED_PATH_CHARACTERS),
    viewers: session.viewers.slice(0, LISTED_VIEWERS),
  }
}
