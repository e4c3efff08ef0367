// Checksums of stored rows. SQLite has none for its pages, so a byte that changed on the disk would be believed.
import zlib from 'node:zlib'

/** Rows of versions without checksums: they are believed. No CRC-32 is negative. */
export const UNCHECKED = -1

/** Everything about a log row but its number, its blob and its timing, which have checksums of their own. */
const LOG_ROW = [
  'session',
  'kind',
  'offset',
  'n',
  'end_offset',
  'end_n',
  'at',
  'checksum',
  'blob_checksum',
  'compressed',
  'resizes',
] as const

const KEYFRAME = ['offset', 'n', 'cols', 'rows', 'size', 'checksum', 'blob_checksum'] as const

const SESSION = [
  'session',
  'session_id',
  'title',
  'command',
  'cwd',
  'state',
  'exit_code',
  'signal',
  'pid',
  'created_at',
  'ended_at',
  'last_activity',
  'cols',
  'rows',
  'born_cols',
  'born_rows',
  'process_pid',
  'process_start',
  'process_boot',
  'start_offset',
  'start_n',
  'end_offset',
  'end_n',
] as const

const MARK = ['offset', 'at', 'label'] as const

type Columns<N extends readonly string[]> = Readonly<Record<N[number], unknown>>

export function logRowChecksum(row: Columns<typeof LOG_ROW>): number {
  return checksumOf(LOG_ROW.map(name => row[name]))
}

export function keyframeChecksum(session: number, row: Columns<typeof KEYFRAME>): number {
  return checksumOf([session, ...KEYFRAME.map(name => row[name])])
}

export function sessionChecksum(row: Columns<typeof SESSION>): number {
  return checksumOf(SESSION.map(name => row[name]))
}

export function markChecksum(session: number, row: Columns<typeof MARK>): number {
  return checksumOf([session, ...MARK.map(name => row[name])])
}

/** Of rendered text, with its row's number and counts. */
export function textChecksum(row_id: number, lines: number, size: number, blob: Uint8Array): number {
  return zlib.crc32(blob, checksumOf([row_id, lines, size]))
}

/**
 * CRC-32, because Node.js has it in native code (a megabyte takes 0.1 ms) and the enemy is a disk, not a person: it finds every
 * error of up to 32 bits in a row, and misses one in 4 billion of the others. Someone who can write the file can write checksums.
 */
function checksumOf(values: readonly unknown[]): number {
  return zlib.crc32(JSON.stringify(values))
}
