// A session that only history knows: it can be looked at, not typed into. Knows nothing of PTYs.
import { CodedError } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { History } from '../history/write/history.ts'
import { readBack } from '../history/write/read-back.ts'
import type { ReadResult, Size, StoredKeyframe, StoredSession } from '../recording/types.ts'
import type { ScreenPool, ScreenText } from '../screen/screen-pool.ts'
import type { AttachableSession } from './attachment.ts'
import { type Attachment, viewersOf } from './attachment.ts'
import { SessionLog } from './log.ts'
import { cleanTitle } from './title.ts'

export class RecordedSession implements AttachableSession {
  readonly #info: SessionInfo
  readonly #history: History
  readonly #screens: ScreenPool
  readonly #attachments = new Set<Attachment>()
  readonly log: SessionLog

  constructor({ session, end }: StoredSession, history: History, screens: ScreenPool) {
    this.#info = session
    this.#history = history
    this.#screens = screens
    this.log = new SessionLog(end)
  }

  get session_id(): string {
    return this.#info.session_id
  }
  get created_at(): number {
    return this.#info.created_at
  }
  get state(): SessionState {
    return this.#info.state
  }
  get exit_code(): number | null {
    return this.#info.exit_code
  }
  get signal(): string | null {
    return this.#info.signal
  }
  get size(): Size {
    return this.#info
  }
  get attachments(): ReadonlySet<Attachment> {
    return this.#attachments
  }

  info(): SessionInfo {
    return { ...this.#info, clients: this.#attachments.size, viewers: viewersOf(this.#attachments) }
  }

  attach(attachment: Attachment): void {
    this.#attachments.add(attachment)
  }

  detach(attachment: Attachment): void {
    if (this.#attachments.delete(attachment)) attachment.close()
  }

  startingPoint(history: number): Promise<StoredKeyframe | undefined> {
    return this.#history.startingPoint(this.session_id, Math.max(0, this.log.end.offset - history))
  }

  /** Nothing is gained by skipping in a log that does not grow. */
  get screenOffset(): number {
    return 0
  }

  currentKeyframe(): Promise<StoredKeyframe | undefined> {
    return this.startingPoint(0)
  }

  read(position: Position): Promise<ReadResult> {
    return this.#history.read(this.session_id, position)
  }

  retainLog(): () => void {
    return () => {}
  }

  lastInputSeq(): number {
    return 0
  }

  writeInput(): boolean {
    return true // there is nobody to type to; the client was told that it only looks
  }

  claimSize(): void {
    throw new CodedError('session_ended', 'the size of a session that ended stays as it was')
  }

  releaseSize(): void {}

  setPresent(): void {}

  get sizeOwner(): undefined {
    return undefined
  }

  rename(title: string): void {
    this.#info.title = cleanTitle(title) || this.#info.title
    this.#history.updateSession(this.#info)
  }

  /** Replays the end of it on a screen of its own. */
  async text(): Promise<ScreenText> {
    const screen = this.#screens.open(this.#info.cols, this.#info.rows, {
      parsed: () => {},
      answer: () => {}, // an old question; nobody waits for its answer
      title: () => {},
      cwd: () => {},
      bell: () => {},
      notice: () => {},
      failed: () => {},
    })
    try {
      for await (const step of readBack(this.#history, this.session_id, await this.currentKeyframe()))
        if (step.kind === 'resize') screen.resize(step.cols, step.rows)
        else screen.write(step.bytes)
      return await screen.text()
    } finally {
      screen.close()
    }
  }
}
