// What happened when in a session: bytes by time, holes, resizes, marks. Knows nothing of threads or of who asks.
import { CodedError } from '../../../../protocol/errors.ts'
import type { HostMessageOf } from '../../../../protocol/messages.ts'
import { decodeRuns } from '../../../../protocol/output-timing.ts'
import { decodeResizes } from '../../recording/log-slice.ts'

import type { GapReason, TimedResize } from '../../recording/types.ts'
import { endOfRow, startOfRow, unpackTiming } from '../../store/row-codec.ts'
import type { Store } from '../../store/store.ts'

/** Holes that are told: more of them cannot be told apart on a timeline. */
const MOST_GAPS = 1_000

export function buildTimeline(store: Store, session_id: string, buckets: number): Timeline {
  const session = store.session(session_id)
  if (!session) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
  const runs: number[] = []
  const resizes: TimedResize[] = []
  const gaps: Timeline['gaps'] = []
  const start = { offset: session.start_offset, n: session.start_n }
  const end = { offset: session.end_offset, n: session.end_n }
  const lose = (from: typeof start, to: typeof start, reason: GapReason, at: number) => {
    if (gaps.length < MOST_GAPS) gaps.push({ from, to, reason, at })
  }
  let before = { offset: 0, n: 0 }
  // A clock that was set back must not let a session run backwards.
  let latest = 0
  for (const row of store.logRows.rowsOf(session.session)) {
    const at = Math.max(latest, row.at)
    if (row.offset !== before.offset || row.n !== before.n)
      lose(before, startOfRow(row), before.offset === 0 && before.n === 0 ? 'trimmed' : 'damaged', at)
    before = endOfRow(row)
    if (row.kind === 'unrecorded' || row.kind === 'damaged') {
      lose(startOfRow(row), before, row.kind, at)
      latest = at
      continue
    }
    const own = runsOf(row.timing)
    for (let i = 0; i < own.length; i += 2) runs.push((latest = Math.max(latest, own[i]!)), own[i + 1]!)
    for (const resize of decodeResizes(row.resizes, row.offset)) {
      const moment = Math.max(resize.at, row.at)
      resizes.push({ ...resize, at: moment })
      latest = Math.max(latest, moment)
    }
  }
  const from = Math.min(runs[0] ?? resizes[0]?.at ?? 0, resizes[0]?.at ?? runs[0] ?? 0)
  const to = Math.max(from, latest)
  const width = Math.max(1, to - from) / buckets
  const bucketOf = (at: number) => Math.min(buckets - 1, Math.max(0, Math.floor((at - from) / width)))
  const activity = new Array<number>(buckets).fill(0)
  for (let i = 0; i < runs.length; i += 2) activity[bucketOf(runs[i]!)]! += runs[i + 1]!
  const byBucket = new Map(resizes.map(resize => [bucketOf(resize.at), resize]))
  return {
    session_id,
    start,
    end,
    from,
    to,
    activity,
    gaps,
    resizes: [...byBucket.values()],
    marks: store.marks(session.session),
  }
}

/** None of a row that is damaged; its bytes cannot be had either. */
function runsOf(timing: Uint8Array): number[] {
  try {
    return decodeRuns(unpackTiming(timing))
  } catch {
    return []
  }
}

export type Timeline = Omit<HostMessageOf<'timeline'>, 'type' | 'request_id'>
