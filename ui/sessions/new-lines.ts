// In which programs Alt+Enter begins a new line of the message that is being written.
import type { SessionInfo } from '../../protocol/messages.ts'

/** By the names of main/host/agents/rules. Each says so in its help. */
const PROGRAMS = new Set(['Claude Code', 'Codex', 'Gemini CLI', 'opencode', 'GitHub Copilot CLI', 'aider'])

export function wantsNewLines(session: SessionInfo | undefined): boolean {
  return PROGRAMS.has(session?.activity?.agent ?? '')
}
