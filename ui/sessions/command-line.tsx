// What a session runs and in which folder, below its title.
import type { SessionInfo } from '../../protocol/messages.ts'
import { commandLine, shortPath } from './session-text.ts'

export function CommandLine({ session }: { session: SessionInfo | undefined }) {
  return session ? (
    <bdi class="what">
      {commandLine(session.command)} <span class="where">{shortPath(session.cwd, 60)}</span>
    </bdi>
  ) : null
}
