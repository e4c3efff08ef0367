// Whether people are notified that a session needs attention: one decision for the phone, the desktop and every channel.
import type { AttentionKind, NotifyChoice } from '../../../protocol/messages.ts'
import { isQuiet, localTime, type QuietHours } from './quiet-hours.ts'

export interface NotifyRules {
  /** The kinds that people want to be notified of. */
  kinds: readonly AttentionKind[]
  quiet: QuietHours | undefined
}

/** Whether people are notified of trouble of the host. */
export function shouldTellTrouble(
  { trouble, quiet }: { trouble: boolean; quiet: QuietHours | undefined },
  now: number,
): boolean {
  return trouble && !(quiet && isQuiet(quiet, localTime(now)))
}

export interface Need {
  kind: AttentionKind
  session: { choice: NotifyChoice }
  rules: NotifyRules
  /** A person is at a screen that shows the session. */
  seen: boolean
  /** Unix milliseconds. */
  now: number
}

/** Called once per wait, when it begins (session/activity/attention.ts): a replay or a reconnect begins none. */
export function shouldNotify({ kind, session, rules, seen, now }: Need): boolean {
  if (seen || session.choice === 'muted') return false
  const isWantedEnd = session.choice === 'when_ended' && (kind === 'ended' || kind === 'failed')
  if (!isWantedEnd && !rules.kinds.includes(kind)) return false
  const { quiet } = rules
  if (!quiet || (kind === 'blocked' && quiet.except_blocked)) return true
  return !isQuiet(quiet, localTime(now))
}
