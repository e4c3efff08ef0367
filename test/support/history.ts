// Histories in temporary folders, sessions to fill them, and functions that read everything back.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import zlib from 'node:zlib'
import Database from 'better-sqlite3'
import { LogReader } from '../../main/host/history/playback/reader.ts'
import { History, type HistoryHandlers } from '../../main/host/history/write/history.ts'
import { DEFAULT_LIMITS, type HistoryLimits } from '../../main/host/history/write/worker-protocol.ts'
import type {
  LogResize,
  ProcessIdentity,
  ReadResult,
  StoredKeyframe,
  TimedResize,
} from '../../main/host/recording/types.ts'
import type { DatabaseFile } from '../../main/host/store/open-database.ts'
import { Store } from '../../main/host/store/store.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { LOG_START, type Position } from '../../protocol/position.ts'

const cleanups: (() => unknown)[] = []

/** For `afterEach`. */
export async function cleanUpHistories(): Promise<void> {
  for (const undo of cleanups.splice(0).reverse()) await undo()
}

export function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'otg-history-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'otg.db')
}

export interface RecordingHandlers extends HistoryHandlers {
  reports: string[]
}

/** Handlers that record reports in order: an error code, or `recovered`. */
export function recordReports(): RecordingHandlers {
  const reports: string[] = []
  return {
    reports,
    trouble: code => reports.push(code),
    recovered: () => reports.push('recovered'),
    committed: () => {},
  }
}

export async function openHistory(
  file: DatabaseFile = databaseFile(),
  limits: Partial<HistoryLimits> = {},
  handlers: HistoryHandlers = recordReports(),
): Promise<History> {
  const history = await History.open(file, { ...DEFAULT_LIMITS, ...limits }, handlers)
  // A host does that by its DeletionClock.
  history.setDeletionTime(Date.now())
  cleanups.push(() => history.close())
  return history
}

/** A second connection to a database, to inspect or damage it. */
export function openDatabase(file: string): Database.Database {
  const database = new Database(file)
  cleanups.push(() => database.close())
  return database
}

export function sessionInfo(overrides: Partial<SessionInfo> = {}): SessionInfo {
  return {
    session_id: randomUUID(),
    title: 'sh',
    command: ['/bin/sh', '-l'],
    cwd: '/',
    state: 'running',
    exit_code: null,
    signal: null,
    pid: 4711,
    created_at: Date.now(),
    ended_at: null,
    last_activity: Date.now(),
    cols: 80,
    rows: 24,
    bytes: 0,
    clients: 0,
    idle: false,
    last_line: '',
    branch: '',
    activity: null,
    attention: null,
    viewers: [],
    ...overrides,
  }
}

/** Records a session into a history; keeps its position and all appended data. */
export class Recording {
  readonly info: SessionInfo
  readonly resizes: LogResize[] = []
  readonly #history: History
  readonly #chunks: Uint8Array[] = []
  end: Position = LOG_START
  at = 0

  constructor(history: History, info: SessionInfo = sessionInfo(), process: ProcessIdentity | null = null) {
    this.#history = history
    this.info = info
    history.insertSession(info, process)
  }

  get session_id(): string {
    return this.info.session_id
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  print(bytes: Uint8Array | string): void {
    const raw = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
    this.#history.append(this.session_id, { kind: 'output', offset: this.end.offset, bytes: raw, at: this.at })
    this.#chunks.push(raw)
    this.end = { offset: this.end.offset + raw.length, n: this.end.n }
  }

  resize(cols: number, rows: number): void {
    const resize = { offset: this.end.offset, n: this.end.n + 1, cols, rows }
    this.#history.append(this.session_id, { kind: 'resize', ...resize, at: this.at })
    this.resizes.push(resize)
    this.end = { offset: resize.offset, n: resize.n }
  }

  seal(position = this.end): void {
    this.#history.seal(this.session_id, position)
  }

  keyframe(vt = '', position = this.end): StoredKeyframe {
    const keyframe = keyframeOf(vt, position)
    this.#history.keyframe(this.session_id, keyframe)
    return keyframe
  }

  finish(state: SessionInfo['state'] = 'exited', ended_at = Date.now()): void {
    this.#history.updateSession({ ...this.info, state, ended_at, pid: null })
  }
}

export function keyframeOf(vt: string | Uint8Array, position: Position): StoredKeyframe {
  const raw = Buffer.from(vt)
  const blob = new Uint8Array(zlib.zstdCompressSync(raw))
  return { position, cols: 80, rows: 24, size: raw.length, checksum: zlib.crc32(raw), blob }
}

/** Every read result from `position` to the end. */
export async function readResults(
  history: History,
  session_id: string,
  position: Position = LOG_START,
): Promise<ReadResult[]> {
  const results: ReadResult[] = []
  for (let at = position; ; ) {
    const result = await history.read(session_id, at)
    results.push(result)
    if (result.kind === 'end') return results
    const next = result.kind === 'segment' ? result.end : result.to
    if (next.offset < at.offset || (next.offset === at.offset && next.n <= at.n)) throw new Error('no progress')
    at = next
  }
}

/** The stored timing of a session's first segment. */
export async function storedTiming(
  history: History,
  session_id: string,
): Promise<{ runs: number[]; resizes: TimedResize[] }> {
  await history.flush()
  const store = new Store(history.file, Date.now, { readonly: true })
  try {
    const read = new LogReader(store).readTimed(session_id, LOG_START)
    return read.kind === 'segment' ? { runs: read.timing, resizes: read.resizes } : { runs: [], resizes: [] }
  } finally {
    store.close()
  }
}

/** The raw bytes of a segment, checked as a client would. */
export function inflate(result: Extract<ReadResult, { kind: 'segment' }>): Buffer {
  const raw = result.compressed ? zlib.zstdDecompressSync(result.blob) : Buffer.from(result.blob)
  if (raw.length !== result.size || zlib.crc32(raw) !== result.checksum)
    throw new Error('size or checksum does not match')
  return raw
}

/** Reads all bytes and resizes from `position` on; throws at a gap. */
export async function readAll(
  history: History,
  session_id: string,
  position: Position = LOG_START,
): Promise<{ bytes: Buffer; resizes: LogResize[]; from: Position }> {
  const parts: Buffer[] = []
  const resizes: LogResize[] = []
  let from: Position | undefined
  let end: Position = LOG_START
  for (const result of await readResults(history, session_id, position)) {
    if (result.kind === 'end') continue
    if (result.kind === 'gap')
      throw new Error(`gap (${result.reason}) from ${result.from.offset} to ${result.to.offset}`)
    from ??= result.position
    // A result may begin before the requested position, since the tail grows meanwhile.
    parts.push(inflate(result).subarray(Math.max(0, end.offset - result.position.offset)))
    resizes.push(...result.resizes.filter(resize => resize.n > end.n || parts.length === 1))
    end = result.end
  }
  return { bytes: Buffer.concat(parts), resizes, from: from ?? position }
}

export function fileBytes(file: string): number {
  return statSync(file).size
}

/** Output like a compiler's: colors, progress, paths, and a hash in every line. */
export function buildLog(bytes: number, seed = 0): Buffer {
  const lines: string[] = []
  let length = 0
  for (let i = seed; length < bytes; i++) {
    const line = `\x1b[32m[${String(i % 997).padStart(3)}/997]\x1b[m Building CXX object src/core/CMakeFiles/core.dir/module_${(i * 7919) % 10007}.cpp.o -O2 -Wall hash=${((i * 2654435761) >>> 0).toString(16)}\r\n`
    lines.push(line)
    length += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, bytes)
}

/** Waits until `done` returns something truthy. */
export async function until<T>(done: () => T | Promise<T>, ms = 20_000): Promise<NonNullable<T>> {
  const end = performance.now() + ms
  for (;;) {
    const value = await done()
    if (value) return value
    if (performance.now() > end) throw new Error('the condition was not met in time')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
