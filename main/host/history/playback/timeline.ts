// What happened when in a session: bytes by time, gaps, resizes, marks.
import type { HostMessageOf } from '../../../../protocol/messages.ts'
import { comparePositions, LOG_START, type Position } from '../../../../protocol/position.ts'
import { decodeResizes, firstTimeOf } from '../../recording/log-slice.ts'
import type { GapReason, TimedResize } from '../../recording/types.ts'
import { endOfRow, runsOfRow, startOfRow } from '../../store/row-codec.ts'
import type { Store } from '../../store/store.ts'

/** Gaps in one timeline: more cannot be distinguished on it. */
const MAX_GAPS = 1_000

export type Timeline = Omit<HostMessageOf<'timeline'>, 'type' | 'request_id'>

/** `buckets`: into how many intervals of equal length the activity is divided. Throws `session_unknown`. */
export function buildTimeline(store: Store, session_id: string, buckets: number): Timeline {
  const session = store.sessions.require(session_id)
  const runs: number[] = []
  const resizes: TimedResize[] = []
  const gaps: Timeline['gaps'] = []
  const addGap = (from: Position, to: Position, reason: GapReason, at: number) => {
    if (gaps.length < MAX_GAPS) gaps.push({ from, to, reason, at })
  }
  const start = { offset: session.start_offset, n: session.start_n }
  const end = { offset: session.end_offset, n: session.end_n }
  let before = LOG_START
  // A clock that was set back must not let a session run backwards.
  let latest = 0
  for (const row of store.logRows.rowsOf(session.session)) {
    const at = Math.max(latest, row.at)
    if (comparePositions(before, start) < 0) addGap(before, start, 'trimmed', at)
    if (comparePositions(before, start) < 0) before = start
    if (comparePositions(before, row) < 0) addGap(before, startOfRow(row), 'damaged', at)
    before = endOfRow(row)
    if (row.kind === 'unrecorded' || row.kind === 'damaged') {
      addGap(startOfRow(row), before, row.kind, at)
      latest = at
      continue
    }
    const rowRuns = runsOfRow(row)
    for (let i = 0; i < rowRuns.length; i += 2) runs.push((latest = Math.max(latest, rowRuns[i]!)), rowRuns[i + 1]!)
    for (const resize of decodeResizes(row.resizes, row.offset)) {
      const resizedAt = Math.max(resize.at, row.at)
      resizes.push({ ...resize, at: resizedAt })
      latest = Math.max(latest, resizedAt)
    }
  }
  if (comparePositions(before, end) < 0) addGap(before, end, 'damaged', latest)
  const from = firstTimeOf({ runs, resizes })
  const to = Math.max(from, latest)
  const width = Math.max(1, to - from) / buckets
  const bucketOf = (at: number) => Math.min(buckets - 1, Math.max(0, Math.floor((at - from) / width)))
  const activity = new Array<number>(buckets).fill(0)
  for (let i = 0; i < runs.length; i += 2) activity[bucketOf(runs[i]!)]! += runs[i + 1]!
  const resizeByBucket = new Map(resizes.map(resize => [bucketOf(resize.at), resize]))
  return {
    session_id,
    start,
    end,
    from,
    to,
    activity,
    gaps,
    resizes: [...resizeByBucket.values()],
    marks: store.marks.ofSession(session.session),
  }
}
