// Checks everything that is stored against its checksums, and repairs it: what can be made again is, what is lost becomes a gap of
// its exact extent.
import { encodeRuns } from '../../../protocol/output-timing.ts'
import { comparePositions, type Position } from '../../../protocol/position.ts'
import { crc32, unpack, unzstd } from '../recording/compression.ts'
import { decodeResizes } from '../recording/log-slice.ts'
import { messageOf, storeFault } from '../store/faults.ts'
import { isIntactKeyframe, isIntactRow, type LogRow, type NewLogRow } from '../store/log-rows.ts'
import { checkBlob, endOfRow, isIntactTiming, packTiming, runsOfRow, startOfRow } from '../store/row-codec.ts'
import type { SessionRow } from '../store/session-rows.ts'
import type { Store } from '../store/store.ts'

/** `output` is gone for good. Everything else is made again from the log, or from what is left. */
export type DamageKind = 'output' | 'timing' | 'keyframe' | 'text' | 'mark' | 'record' | 'unreadable'

export interface Damage {
  kind: DamageKind
  session_id: string
  /** Offsets in the session's output; of a keyframe, where it is. */
  from: number
  to: number
}

export interface CheckReport {
  /** What SQLite finds wrong with the file. */
  database: string[]
  damage: Damage[]
  sessions: number
  /** Of output, without what is damaged. */
  bytes: number
}

/** Findings in one report: more say the same. */
const MAX_DAMAGE = 1_000

/** Something damaged, and how it is repaired (within a transaction). */
interface Finding extends Damage {
  repair?: (store: Store) => void
}

/** Reads everything, a row at a time. Throws `store_damaged` where not even the list of sessions can be read. */
export function checkStore(store: Store): CheckReport {
  const findings: Finding[] = []
  let sessions = 0
  let bytes = 0
  const database = integrityOf(store)
  for (const session of [...store.sessions.iterate()]) {
    sessions++
    bytes += checkSession(store, session, findings)
  }
  return { database, damage: findings.slice(0, MAX_DAMAGE).map(({ repair: _, ...damage }) => damage), sessions, bytes }
}

/** Repairs what a check finds, one session after the other. Returns what was damaged before. */
export function repairStore(store: Store): CheckReport {
  const report = checkStore(store)
  if (report.database.length > 0) store.rebuildIndexes()
  for (const session of [...store.sessions.iterate()]) {
    const findings: Finding[] = []
    checkSession(store, session, findings)
    store.transaction(() => {
      for (const { repair } of findings) repair?.(store)
    })
  }
  return report
}

function integrityOf(store: Store): string[] {
  try {
    return store.integrity()
  } catch (error) {
    return [messageOf(error)]
  }
}

/** Returns the bytes of output that are intact. */
function checkSession(store: Store, session: SessionRow, findings: Finding[]): number {
  const { session_id } = session
  const add = (kind: DamageKind, from: number, to: number, repair?: Finding['repair']) =>
    findings.push({ kind, session_id, from, to, ...(repair && { repair }) })
  try {
    if (store.sessions.isDamaged(session.session))
      add('record', session.start_offset, session.end_offset, () => store.sessions.repair(session.session))
    for (const mark_id of store.marks.damaged(session.session))
      add('mark', 0, 0, () => void store.marks.remove(session.session, mark_id))
    checkKeyframes(store, session, add)
    return checkLog(store, session, add)
  } catch (error) {
    if (storeFault(error).code !== 'store_damaged') throw error
    add('unreadable', session.start_offset, session.end_offset)
    return 0
  }
}

type Add = (kind: DamageKind, from: number, to: number, repair?: Finding['repair']) => void

function checkKeyframes(store: Store, { session }: SessionRow, add: Add): void {
  for (const { offset, n } of store.logRows.everyKeyframeOf(session)) {
    const row = store.logRows.keyframe(session, { offset, n })
    if (row && isIntactKeyframe(session, row) && crc32(row.blob) === row.blob_checksum && isWhole(row)) continue
    add('keyframe', offset, offset, () => store.logRows.dropKeyframe(session, { offset, n }))
  }
}

function isWhole({ blob, size, checksum }: { blob: Uint8Array; size: number; checksum: number }): boolean {
  try {
    const bytes = unzstd(blob, size)
    return bytes.length === size && crc32(bytes) === checksum
  } catch {
    return false
  }
}

function checkLog(store: Store, session: SessionRow, add: Add): number {
  const end = { offset: session.end_offset, n: session.end_n }
  let at: Position = { offset: session.start_offset, n: session.start_n }
  let bytes = 0
  let damagedRows: LogRow[] = []
  /** The rows before `to` that are damaged or missing. */
  const addMissing = (to: Position) => {
    const [from, rows] = [at, damagedRows]
    damagedRows = []
    if (comparePositions(from, to) >= 0 && rows.length === 0) return
    const restored = rows.length === 1 ? restoredRow(store, rows[0]!, from, to) : undefined
    const repair = () => {
      for (const { row_id } of rows) store.logRows.remove(row_id)
      if (restored) store.logRows.insert(restored)
      else if (comparePositions(from, to) < 0) store.logRows.insert(gapRow(session.session, from, to, rows[0]?.at ?? 0))
    }
    add(restored ? 'timing' : 'output', from.offset, Math.max(from.offset, to.offset), repair)
    if (restored) bytes += restored.end_offset - restored.offset
  }
  for (const row of store.logRows.everyRowOf(session.session)) {
    if (!isIntactRow(row) || comparePositions(startOfRow(row), at) < 0) {
      damagedRows.push(row)
      continue
    }
    addMissing(startOfRow(row))
    at = endOfRow(row)
    if (row.kind !== 'sealed' && row.kind !== 'tail') continue
    if (!isReadable(store, row)) {
      add('output', row.offset, row.end_offset, () => {
        store.logRows.remove(row.row_id)
        store.logRows.insert(gapRow(session.session, startOfRow(row), endOfRow(row), row.at))
      })
      continue
    }
    bytes += row.end_offset - row.offset
    if (!isIntactTiming(row.timing))
      add('timing', row.offset, row.end_offset, () =>
        store.logRows.update(row.row_id, {
          ...row,
          timing: packTiming(encodeRuns(runsOfRow(row))),
          blob: store.logRows.blob(row.row_id),
        }),
      )
    if (store.logRows.hasText(row.row_id) && !store.logRows.text(row.row_id))
      add('text', row.offset, row.end_offset, () => store.logRows.forgetText(row.row_id))
  }
  addMissing(end)
  return bytes
}

function isReadable(store: Store, row: LogRow): boolean {
  try {
    const blob = store.logRows.blob(row.row_id)
    checkBlob(row, blob)
    const bytes = unpack({ blob, compressed: row.compressed === 1 }, row.end_offset - row.offset)
    decodeResizes(row.resizes, row.offset)
    return crc32(bytes) === row.checksum
  } catch {
    return false
  }
}

/** A row whose columns are damaged, if its output is intact and fills exactly what is missing. When it arrived is lost. */
function restoredRow(store: Store, row: LogRow, from: Position, to: Position): NewLogRow | undefined {
  const size = to.offset - from.offset
  if (size <= 0) return undefined
  try {
    const resizes = from.n === to.n ? null : row.resizes
    if (!areResizes(resizes, from, to)) return undefined
    const blob = store.logRows.blob(row.row_id)
    if (crc32(blob) !== row.blob_checksum) return undefined
    for (const compressed of [1, 0]) {
      const bytes = unpackOrNothing(blob, compressed === 1, size)
      if (!bytes) continue
      const at = runsOfRow({ ...row, ...from, end_offset: to.offset })[0] ?? row.at
      return {
        session: row.session,
        kind: 'sealed',
        ...from,
        end_offset: to.offset,
        end_n: to.n,
        at,
        checksum: crc32(bytes),
        blob_checksum: crc32(blob),
        compressed,
        resizes,
        timing: packTiming(encodeRuns([at, size])),
        blob,
      }
    }
  } catch {
    // Its blob cannot be read either.
  }
  return undefined
}

/** Whether these can be all resizes from one position to another. */
function areResizes(json: string | null, from: Position, to: Position): boolean {
  const resizes = decodeResizes(json, from.offset)
  const isNext = ({ n, offset }: Position, at: number) =>
    n === from.n + 1 + at && offset >= from.offset && offset <= to.offset
  return resizes.length === to.n - from.n && resizes.every(isNext)
}

function unpackOrNothing(blob: Uint8Array, compressed: boolean, size: number): Uint8Array | undefined {
  try {
    return unpack({ blob, compressed }, size)
  } catch {
    return undefined
  }
}

function gapRow(session: number, from: Position, to: Position, at: number): NewLogRow {
  const nothing = new Uint8Array()
  return {
    session,
    kind: 'damaged',
    ...from,
    end_offset: to.offset,
    end_n: to.n,
    at: Number.isSafeInteger(at) && at >= 0 ? at : 0,
    checksum: 0,
    blob_checksum: 0,
    compressed: 0,
    resizes: null,
    timing: packTiming(nothing),
    blob: nothing,
  }
}
