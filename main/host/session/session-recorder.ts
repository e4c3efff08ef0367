// Records a session in the history: output, resizes, segment boundaries, and the keyframes at those.
import { BATCH_BYTES, CATCH_UP_BYTES } from '../../../protocol/limits.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { comparePositions, type Position } from '../../../protocol/position.ts'
import type { History } from '../history/write/history.ts'
import { birthKeyframe } from '../recording/initial-keyframe.ts'
import type { ReadResult, Size, StoredKeyframe } from '../recording/types.ts'
import type { PooledScreen, ScreenLog } from '../screen/pooled-screen.ts'
import type { ResizeEntry, SessionLog } from './log.ts'

/**
 * Raw output after which a segment ends: 20 ms of parsing, a tenth of that on the wire. Including its last batch a segment
 * is never longer than CATCH_UP_BYTES, so that a client reads it instead of skipping it.
 */
const SEGMENT_BYTES = CATCH_UP_BYTES - BATCH_BYTES

/** A segment's resizes are sent in one message; two clients that fight over the size make thousands. */
const SEGMENT_RESIZES = 2048

export interface SessionRecorderOptions {
  session_id: string
  log: SessionLog
  screen: PooledScreen
  history: History
}

export class SessionRecorder {
  readonly #options: SessionRecorderOptions
  /** Keyframes at segment boundaries, as far back as the log in memory goes; the first is `initial`. */
  #keyframes: StoredKeyframe[] = []
  #segmentStart = 0
  #segmentResizes = 0
  #lastStored: Promise<unknown> = Promise.resolve()
  /** Positions from which the log is retained. */
  readonly #retained = new Set<Position>()

  /** `initial`: the keyframe at the start of the log. */
  constructor(initial: StoredKeyframe, options: SessionRecorderOptions) {
    this.#options = options
    this.#store(initial)
  }

  /** The newest keyframe at a segment boundary. */
  get lastKeyframe(): StoredKeyframe | undefined {
    return this.#keyframes.at(-1)
  }

  /**
   * The log is kept in memory from here on: a client that received a keyframe continues at the screen's position, and a screen
   * whose worker died is built again from the keyframe before that.
   */
  get retainFrom(): Position {
    const { log, screen } = this.#options
    let from = screen.error ? log.end : screen.position
    const keyframe = screen.error ? undefined : this.lastKeyframe?.position
    if (keyframe && comparePositions(keyframe, from) < 0) from = keyframe
    for (const one of this.#retained) if (one.offset < from.offset || one.n < from.n) from = one
    return from
  }

  /** Also what the log has now, until the returned function is called. */
  retain(): () => void {
    const position = { ...this.retainFrom }
    this.#retained.add(position)
    return () => {
      this.#retained.delete(position)
      this.trim()
    }
  }

  /** Drops from memory what nobody needs. Also when nothing is printed any more: the screen was behind, or a client. */
  trim(): void {
    this.#options.log.trim(this.retainFrom)
  }

  /** From which its screen can be built again: a keyframe, and the log after it. */
  screenLog(size: Size): ScreenLog {
    const { log } = this.#options
    const known = this.lastKeyframe
    // Without one in memory, it begins empty.
    const keyframe =
      known && log.find(known.position) !== undefined ? known : { ...birthKeyframe(size), position: log.start }
    return { keyframe, entries: log.entriesFrom(keyframe.position) }
  }

  /** Records output that was appended to the log. `at`: milliseconds since the session began. */
  output(offset: number, bytes: Uint8Array, at: number): void {
    const { session_id, log, history } = this.#options
    history.append(session_id, { kind: 'output', offset, bytes, at })
    if (log.end.offset - this.#segmentStart >= SEGMENT_BYTES) this.endSegment()
  }

  /** After the history was opened again: records what is in memory. `at`: milliseconds since the session began. */
  recordAgain(session: SessionInfo, at: number): void {
    const { log, history } = this.#options
    const entries = log.entriesFrom(log.start)
    history.recordAgain(
      session,
      log.start,
      entries.map(entry => ({ ...entry, at })),
    )
    for (const keyframe of this.#keyframes) {
      history.seal(session.session_id, keyframe.position)
      history.keyframe(session.session_id, keyframe)
    }
  }

  /** Call before a resize is appended to the log. */
  beforeResize(): void {
    if (this.#options.log.end.n - this.#segmentResizes >= SEGMENT_RESIZES) this.endSegment()
  }

  /** Records a resize that was appended to the log. `at`: milliseconds since the session began. */
  resize({ offset, n, cols, rows }: ResizeEntry, at: number): void {
    this.#options.history.append(this.#options.session_id, { kind: 'resize', offset, n, cols, rows, at })
  }

  /** Seals what was recorded since the last boundary; replay can begin at the keyframe of this one. */
  endSegment(): void {
    const { session_id, log, screen, history } = this.#options
    this.#segmentStart = log.end.offset
    this.#segmentResizes = log.end.n
    history.seal(session_id, log.end)
    const { end } = log
    this.#lastStored = screen.keyframe().then(
      // A screen that was built again meanwhile is further.
      keyframe => comparePositions(keyframe.position, end) === 0 && this.#store(keyframe),
      () => {}, // no screen, no keyframe: replay begins at an earlier one
    )
  }

  /** Resolves when the history has the keyframe at the last segment boundary: of an ended session, its last screen. */
  async settled(): Promise<void> {
    await this.#lastStored
  }

  /** The keyframe from which a client replays at most `bytes` of output; undefined: there is none that late. */
  async startingPoint(bytes: number): Promise<StoredKeyframe | undefined> {
    const { session_id, log, history } = this.#options
    const from = Math.max(0, log.end.offset - bytes)
    const inMemory = this.#keyframes.find(keyframe => keyframe.position.offset >= from)
    if (from < log.start.offset) {
      const stored = await history.startingPoint(session_id, from)
      if (stored && stored.position.offset >= from) return stored
    }
    return inMemory
  }

  /** See AttachableSession. */
  async read(position: Position): Promise<ReadResult> {
    const { session_id, history } = this.#options
    const result = await history.read(session_id, position)
    if (result.kind !== 'end') return result
    // Memory has dropped it before the history's worker has written it.
    await history.flush()
    return history.read(session_id, position)
  }

  #store(keyframe: StoredKeyframe): void {
    const { session_id, log, history } = this.#options
    history.keyframe(session_id, keyframe)
    this.#keyframes.push(keyframe)
    this.trim()
    // Keyframes before the log in memory are read from the history.
    this.#keyframes = this.#keyframes.filter(one => log.find(one.position) !== undefined)
  }
}
