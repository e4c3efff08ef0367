// A session that only the history knows. Clients read it; it takes no input.
import { CodedError } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { History } from '../history/write/history.ts'
import { readBack } from '../history/write/read-back.ts'
import type { ReadResult, Size, StoredKeyframe, StoredSession } from '../recording/types.ts'
import type { ScreenPool } from '../screen/screen-pool.ts'
import type { ScreenText } from '../screen/screen-protocol.ts'
import { type AttachableSession, type AttachedClient, viewersOf } from './attachable.ts'
import { SessionLog } from './log.ts'
import { cleanTitle } from './naming/title.ts'

export class RecordedSession implements AttachableSession {
  readonly #info: SessionInfo
  readonly #history: History
  readonly #screens: ScreenPool
  readonly #attachments = new Set<AttachedClient>()
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
  get attachments(): ReadonlySet<AttachedClient> {
    return this.#attachments
  }

  info(): SessionInfo {
    return { ...this.#info, clients: this.#attachments.size, viewers: viewersOf(this.#attachments) }
  }

  attach(client: AttachedClient): void {
    this.#attachments.add(client)
  }

  detach(client: AttachedClient): void {
    if (this.#attachments.delete(client)) client.close()
  }

  startingPoint(history: number): Promise<StoredKeyframe | undefined> {
    return this.#history.startingPoint(this.session_id, Math.max(0, this.log.end.offset - history))
  }

  /** Skipping ahead gains nothing in a log that does not grow. */
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
    return true // dropped: the client knows that its attachment is read-only
  }

  claimSize(): void {
    throw new CodedError('session_ended', 'a session that ended cannot be resized')
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

  /** Replays the end of the session on a screen of its own. */
  async text(): Promise<ScreenText> {
    const screen = this.#screens.open(this.#info.cols, this.#info.rows, {
      parsed: () => {},
      answer: () => {}, // its program is gone
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
