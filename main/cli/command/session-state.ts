// A session's state in words.
import type { SessionInfo } from '../../../protocol/messages.ts'
import { printable } from './text-layout.ts'

/** `running`, `exited 1`, `SIGTERM`, `host crashed`. */
export function stateText({ state, exit_code, signal }: SessionInfo): string {
  if (state !== 'exited') return state.replace('_', ' ')
  return printable(signal ?? '') || `exited ${exit_code ?? ''}`.trimEnd()
}
