// otg wait: waits until a session's program asks, finished or ended.
import type { SessionInfo } from '../../../protocol/messages.ts'
import { activityOf, questionLines, type SessionActivity } from '../command/activity-text.ts'
import { listOf, UsageError } from '../command/args.ts'
import type { Command, Context, ParsedArgs } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { ENDED_FIRST, OK, TIMED_OUT } from '../command/exit-codes.ts'
import { findSession } from '../command/session-ids.ts'
import { watchSessions } from '../command/watch-sessions.ts'

const WAITS = ['blocked', 'done', 'ended', 'prompt'] as const
type Wait = (typeof WAITS)[number]

/** A timer takes at most 2^31 milliseconds. */
const MAX_TIMEOUT_SECONDS = 2_000_000

export const wait: Command = (context, parsed) => {
  const waits = listOf(parsed, 'for', WAITS)
  const wanted: readonly Wait[] = waits.length > 0 ? waits : ['prompt']
  const timeout = timeoutOf(parsed)
  return withHost(context, async client => {
    const { session_id } = findSession(parsed.operands[0]!, await client.list())
    let last: SessionInfo | undefined
    let wasBusy = false
    const code = await watchSessions<number>(client, {
      timeout,
      timedOut: () => TIMED_OUT,
      changed: sessions => {
        const session = sessions.find(one => one.session_id === session_id)
        // Ended so long ago that the host has forgotten it.
        if (!session) return wanted.includes('ended') ? OK : ENDED_FIRST
        last = session
        const activity = activityOf(session)
        if (isReached(wanted, activity, wasBusy)) return OK
        if (activity === 'ended') return ENDED_FIRST
        wasBusy ||= activity === 'working' || activity === 'blocked'
        return undefined
      },
    })
    if (last) print(context, last)
    return code
  })
}

/** A program that finished while a person watched it is idle at once: it counts as done if it was busy before. */
function isReached(wanted: readonly Wait[], activity: SessionActivity, wasBusy: boolean): boolean {
  if (activity === 'ended') return wanted.includes('ended')
  if (wanted.includes('prompt') && (activity === 'blocked' || activity === 'done' || activity === 'idle')) return true
  if (wanted.includes('blocked') && activity === 'blocked') return true
  return wanted.includes('done') && (activity === 'done' || (activity === 'idle' && wasBusy))
}

function print({ json, output }: Context, session: SessionInfo): void {
  const { session_id, title } = session
  const state = activityOf(session)
  const question = session.activity?.question ?? null
  if (json) return output.json({ session_id, state, question, title, exit_code: session.exit_code })
  output.line(state ?? 'running')
  if (question) for (const line of questionLines(question)) output.line(line)
}

/** In milliseconds. Throws UsageError. */
function timeoutOf({ values }: ParsedArgs): number | undefined {
  const { timeout } = values
  if (timeout === undefined) return undefined
  const seconds = Number(timeout)
  if (!/^\d+(\.\d+)?$/.test(timeout) || seconds > MAX_TIMEOUT_SECONDS)
    throw new UsageError(`--timeout takes seconds, at most ${MAX_TIMEOUT_SECONDS}, not ${timeout}`, 'wait')
  return seconds * 1000
}
