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
  progress: { at: number } | null
  /** A command of a plain shell ended after a long time, and no person has seen it since. */
  command: { at: number; program: string; failed: boolean } | null
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

/** A hook's report is outdated when the screen has said something else for this long: the hook for its end may be missing. */
export const HOOK_OUTDATED_MS = 3_000

/**
 * The strongest evidence that is not outdated. A question on the screen comes first, since it is what a person would see;
 * then what the program reports, its screen, its title, its progress bar, and a command that ended in a plain shell.
 */
export function decide(evidence: ActivityEvidence, now: number): Decision | undefined {
  const { hook, screen, title, progress, command } = evidence
  if (screen?.finding.state === 'blocked') return fromScreen(screen)
  if (hook && !isHookOutdated(evidence, now))
    return { state: hook.state, agent: hook.agent, evidence: 'hook', confidence: 'certain', at: hook.at }
  // Agents show their prompt also while they work, and what they do may have scrolled out; a title that spins says so.
  if (screen && !(screen.finding.state === 'idle' && title?.state === 'working')) return fromScreen(screen)
  if (title) return { state: title.state, agent: title.program, evidence: 'title', confidence: 'certain', at: title.at }
  if (progress) return { state: 'working', agent: '', evidence: 'progress', confidence: 'likely', at: progress.at }
  if (command)
    return { state: 'idle', agent: command.program, evidence: 'command', confidence: 'likely', at: command.at }
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

/** Something newer contradicts the hook: an answer to its question, or another state on the screen after input or for long. */
export function isHookOutdated({ hook, screen, inputAt }: ActivityEvidence, now: number): boolean {
  if (!hook) return false
  const hadInput = inputAt > hook.at
  if (hook.state === 'blocked' && hadInput) return true
  if (!screen || screen.finding.state === hook.state) return false
  return (hadInput && screen.at >= inputAt) || now - Math.max(screen.at, hook.at) >= HOOK_OUTDATED_MS
}
