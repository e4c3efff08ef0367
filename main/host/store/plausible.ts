// Whether a row can be what it says. Its checksum may be right and it still be wrong: something else wrote it, or it is of a version
// without checksums. Readers rely on this, and treat a row that is not plausible like one that is damaged.
import { BLOB_BYTES, LABEL_CHARACTERS, MAX_COLS, MAX_ROWS } from '../../../protocol/limits.ts'
import { SessionState } from '../../../protocol/messages.ts'
import { decodeResizes } from '../recording/log-slice.ts'
import type { TimedResize } from '../recording/types.ts'

/** Four times the longest row that is written (MAX_SEGMENT_BYTES in history/write/writer.ts). */
const MAX_ROW_BYTES = BLOB_BYTES

/** Of titles, folders and commands: the system's limit for a whole command line (ARG_MAX on Linux). */
const MAX_TEXT = 2 * 1024 * 1024

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isSize = (cols: unknown, rows: unknown) =>
  isCount(cols) && isCount(rows) && cols > 0 && rows > 0 && cols <= MAX_COLS && rows <= MAX_ROWS
const isText = (value: unknown) => typeof value === 'string' && value.length <= MAX_TEXT

interface Extent {
  offset: number
  n: number
  end_offset: number
  end_n: number
}

/** A row has output or resizes, in order and not too many. */
export function isPlausibleRow(row: Extent & { kind: string; at: number; resizes: string | null }): boolean {
  const { kind, offset, n, end_offset, end_n, at, resizes } = row
  if (!isCount(offset) || !isCount(n) || !isCount(end_offset) || !isCount(end_n) || !Number.isSafeInteger(at))
    return false
  const bytes = end_offset - offset
  if (bytes < 0 || end_n < n || (bytes === 0 && end_n === n)) return false
  if (kind === 'unrecorded' || kind === 'damaged') return true
  if (bytes > MAX_ROW_BYTES) return false
  return resizes === null ? end_n === n : areResizes(resizes, row)
}

function areResizes(json: string, { offset, n, end_offset, end_n }: Extent): boolean {
  let resizes: TimedResize[]
  try {
    resizes = decodeResizes(json, offset)
  } catch {
    return false
  }
  let [lastOffset, lastN] = [offset, n]
  for (const resize of resizes) {
    if (!isSize(resize.cols, resize.rows) || !Number.isSafeInteger(resize.at)) return false
    if (!isCount(resize.offset) || resize.offset < lastOffset || resize.offset > end_offset) return false
    if (!isCount(resize.n) || resize.n <= lastN || resize.n > end_n) return false
    lastOffset = resize.offset
    lastN = resize.n
  }
  return lastN === end_n
}

export function isPlausibleKeyframe(row: {
  offset: number
  n: number
  cols: number
  rows: number
  size: number
}): boolean {
  return (
    isCount(row.offset) && isCount(row.n) && isSize(row.cols, row.rows) && isCount(row.size) && row.size <= BLOB_BYTES
  )
}

export function isPlausibleMark({ offset, at, label }: { offset: number; at: number; label: string }): boolean {
  return isCount(offset) && isCount(at) && typeof label === 'string' && label.length <= LABEL_CHARACTERS
}

interface SessionColumns {
  session_id: string
  title: string
  command: string
  cwd: string
  state: string
  exit_code: number | null
  signal: string | null
  pid: number | null
  created_at: number
  ended_at: number | null
  last_activity: number
  cols: number
  rows: number
  born_cols: number
  born_rows: number
  start_offset: number
  start_n: number
  end_offset: number
  end_n: number
}

export function isPlausibleSession(row: SessionColumns): boolean {
  const isInteger = Number.isSafeInteger
  return (
    [row.title, row.cwd, row.command].every(isText) &&
    isCommand(row.command) &&
    SessionState.safeParse(row.state).success &&
    [row.exit_code, row.pid, row.ended_at].every(value => value === null || isInteger(value)) &&
    (row.signal === null || isText(row.signal)) &&
    [row.created_at, row.last_activity].every(isInteger) &&
    isSize(row.cols, row.rows) &&
    isSize(row.born_cols, row.born_rows) &&
    [row.start_offset, row.start_n, row.end_offset, row.end_n].every(isCount) &&
    row.start_offset <= row.end_offset &&
    row.start_n <= row.end_n
  )
}

/** JSON of an argv. */
export function isCommand(json: string): boolean {
  try {
    const command: unknown = JSON.parse(json)
    return Array.isArray(command) && command.every(argument => typeof argument === 'string')
  } catch {
    return false
  }
}
