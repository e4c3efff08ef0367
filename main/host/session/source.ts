// What an attachment reads from and types into. Types only: a running session is one, a past one is another.
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { Piece, StoredKeyframe } from '../history/types.ts'
import type { ScreenText } from '../screen/screen-pool.ts'
import type { Attachment } from './attachment.ts'
import type { Log } from './log.ts'
import type { Size } from './sizes.ts'

export interface Source {
  readonly session_id: string
  readonly created_at: number
  /** The end of its log, in memory; what is before lies in the history. */
  readonly log: Log
  readonly state: SessionState
  readonly exit_code: number | null
  readonly signal: string | null
  readonly size: Size
  readonly attachments: ReadonlySet<Attachment>
  info(): SessionInfo
  /** Lets a client in. Throws `session_busy`. */
  attach(attachment: Attachment): void
  detach(attachment: Attachment, left: 'detached' | 'lost'): void
  /** Where somebody begins who wants this much history before the present; undefined: nothing is known. */
  startingPoint(history: number): Promise<StoredKeyframe | undefined>
  /** How far the state that `present` gives has come. */
  readonly presentOffset: number
  /** The state as it is now, or as near to now as there is one. */
  present(): Promise<StoredKeyframe | undefined>
  /** Recorded output from a position that the log in memory no longer has. */
  read(position: Position): Promise<Piece>
  /** Keeps the log in memory from `presentOffset` on, until the returned function is called. */
  keep(): () => void
  /** The highest number that this stream's input has reached. */
  inputSeen(stream: string): number
  /** Queues one unit of input, once. False: no room now, ask again when told. */
  takeInput(stream: string, seq: number, bytes: Uint8Array): boolean
  /** Whether somebody is before that client's screen. */
  setLooking(attachment: Attachment, looking: boolean): void
  /** Throws `size_invalid`. */
  takeSize(attachment: Attachment, size: Size): void
  releaseSize(attachment: Attachment): void
  /** The stream that owns the size; undefined: nobody claims it. */
  readonly sizeOwner: string | undefined
  rename(title: string): void
  /** The present screen as plain text. */
  text(): Promise<ScreenText>
}
