// Specs of sessions that are started again.
import type { CodedError } from '../../protocol/errors.ts'
import type { SessionInfo, SessionSpec } from '../../protocol/messages.ts'

/** `session` must be complete: lists may shorten the command. */
export function restartSpec({ command, cwd }: Pick<SessionInfo, 'command' | 'cwd'>): SessionSpec {
  return { command, cwd }
}

/** The user can correct the command or the folder. */
export function isCorrectable({ code }: CodedError): boolean {
  return code === 'command_not_found' || code === 'cwd_not_found'
}
