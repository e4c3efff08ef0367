// What a list tells of a session. Knows nothing of who reads it.
import type { SessionInfo } from '../../../protocol/messages.ts'

/** A list shows what a person reads of a command; whole prompts of a hundred agents would not fit a message. */
const LISTED_ARGUMENTS = 10
const LISTED_CHARACTERS = 100
const LISTED_PATH_CHARACTERS = 1024
const LISTED_WATCHERS = 20

export function brief(session: SessionInfo): SessionInfo {
  const cut = (text: string) => (text.length > LISTED_CHARACTERS ? `${text.slice(0, LISTED_CHARACTERS)}…` : text)
  return {
    ...session,
    command: session.command.slice(0, LISTED_ARGUMENTS).map(cut),
    cwd: session.cwd.slice(0, LISTED_PATH_CHARACTERS),
    viewers: session.viewers.slice(0, LISTED_WATCHERS),
  }
}
