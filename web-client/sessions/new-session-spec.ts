// What a session is started with, as it was before. Knows no sheet.
import type { CodedError } from '../../protocol/errors.ts'
import type { SessionInfo, SessionSpec } from '../../protocol/messages.ts'

/** What a list tells of a session may be cut; `session` has to be whole. */
export function restartSpec({ command, cwd }: Pick<SessionInfo, 'command' | 'cwd'>): SessionSpec {
  return { command, cwd }
}

/** Another command or folder would do. */
export function isCorrectable({ code }: CodedError): boolean {
  return code === 'command_not_found' || code === 'cwd_not_found'
}
