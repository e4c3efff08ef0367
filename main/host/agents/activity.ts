// Decides what a session's program is doing from everything that is known about it. Pure: the tracker gathers the evidence.
import type { Activity, Evidence } from '../../../protocol/messages.ts'
import type { Finding } from './screen-rules.ts'

/** `done` is not among them: it is `idle` that no person has seen yet, which the tracker knows. */
export type ObservedState = 'working' | 'blocked' | 'idle'

/** Each kind of evidence as it is now; null: there is none. Times in milliseconds of the host's clock. */
export interface ActivityEvidence {
  /** What the program's hook said last. */
  hook: { state: ObservedState; at: number; text: string; agent: string } | null
  /** What the screen says, and since when it says this state. */
  screen: { finding: Finding; at: number } | null
  title: { state: ObservedState; at: number; program: string } | null
  /** OSC 9;4: a progress bar is shown. */
  progress: { state: ObservedState; at: number } | null
  /** A command of a shell with prompt marks (OSC 133), or in the foreground of a plain shell, has run for long. */
  command: { state: ObservedState; at: number; program: string } | null
  /** When a person last typed. */
  inputAt: number
}

export interface Decision {
  state: ObservedState
  agent: string
  evidence: Evidence
  confidence: Activity['confidence']
  /** When this state began. */
  at: number
}

/** A hook's word is outdated when the screen has said something else for this long: the hook for its end may be missing. */
export const HOOK_OUTDATED_MS = 3_000

/**
 * The strongest evidence that is not outdated. A question on the screen comes first, since it is what a person would see;
 * then the program's own word, its screen, its title, its progress bar, and the command in a plain shell.
 */
export function decide(evidence: ActivityEvidence, now: number): Decision | undefined {
  const { hook, screen, title, progress, command } = evidence
  if (screen?.finding.state === 'blocked') return fromScreen(screen)
  if (hook && !isOutdated(hook, evidence, now))
    return { state: hook.state, agent: hook.agent, evidence: 'hook', confidence: 'certain', at: hook.at }
  // A screen that is being redrawn shows no rule's text for a moment; a title that spins is just as good.
  if (screen) return fromScreen(screen)
  if (title) return { state: title.state, agent: title.program, evidence: 'title', confidence: 'certain', at: title.at }
  if (progress) return { state: progress.state, agent: '', evidence: 'progress', confidence: 'likely', at: progress.at }
  if (command)
    return { state: command.state, agent: command.program, evidence: 'command', confidence: 'likely', at: command.at }
  return undefined
}

function fromScreen({ finding, at }: NonNullable<ActivityEvidence['screen']>): Decision {
  return {
    state: finding.state,
    agent: finding.program,
    evidence: 'screen',
    confidence: finding.certain ? 'certain' : 'likely',
    at,
  }
}

/** Something newer contradicts the hook: an answer to its question, or another state on the screen that has lasted. */
function isOutdated(hook: NonNullable<ActivityEvidence['hook']>, evidence: ActivityEvidence, now: number): boolean {
  const { screen, inputAt } = evidence
  if (hook.state === 'blocked' && inputAt > hook.at) return true
  if (!screen || screen.finding.state === hook.state || screen.at < hook.at) return false
  return now - screen.at >= HOOK_OUTDATED_MS
}
