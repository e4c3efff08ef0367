// What a session and the clients attached to it know of each other. Interfaces only, so that neither file needs the other.
import type { CodedError } from '../../../protocol/errors.ts'
import type { HostMessage, SessionInfo, SessionState } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { ReadResult, Size, StoredKeyframe } from '../recording/types.ts'
import type { ScreenText } from '../screen/screen-protocol.ts'
import type { SessionLog } from './log.ts'

/** A client, as other clients see it. */
export interface Viewer {
  readonly name: string
}

/** One client attached to a session, as the session sees it. */
export interface AttachedClient {
  readonly options: {
    /** The attachment's number on its connection. */
    handle: number
    /** Names the client and the numbering of its input, the same across its reconnects. */
    stream: string
    /** The size that it claims outlives its attachment (see SizeClaims). */
    size_stays: boolean
    /** It takes no input and no size, and no place that another client could have. */
    read_only: boolean
    viewer: Viewer
  }
  /** A person is at the client's screen, as the client says. */
  present: boolean
  /** The session is before a person there, however long ago that person did something: page visible, window focused. */
  focused: boolean
  /** The client displays output; one that only types does not. */
  readonly showsOutput: boolean
  /** A person is at the screen that displays the output, and what that person has seen needs no one's attention. */
  readonly isSeen: boolean
  /** Sends as much of the log as the client's window takes. Call whenever the log grew. */
  pump(): void
  /** Retries input for which the session had no room. */
  flushInput(): void
  send(message: HostMessage): void
  /** Ends the attachment and tells its client why. */
  fail(error: CodedError): void
  close(): void
}

/** The names of the clients that display the output, each client once however often it is attached. */
export function viewersOf(clients: Iterable<AttachedClient>): string[] {
  const viewers = new Set<Viewer>()
  for (const client of clients) if (client.showsOutput) viewers.add(client.options.viewer)
  return [...viewers].map(({ name }) => name)
}

/** Whether a person is at a screen that displays the output. */
export function isAnySeen(clients: Iterable<AttachedClient>): boolean {
  for (const client of clients) if (client.isSeen) return true
  return false
}

/** Whether a client that may type shows the session and has the focus. */
export function isAnyFocused(clients: Iterable<AttachedClient>): boolean {
  for (const { focused, showsOutput, options } of clients) if (focused && showsOutput && !options.read_only) return true
  return false
}

/** A session that clients can attach to: a running one, or a recorded one. */
export interface AttachableSession {
  readonly session_id: string
  readonly created_at: number
  /** The tail of its log, in memory; the history has what comes before. */
  readonly log: SessionLog
  readonly state: SessionState
  readonly exit_code: number | null
  readonly signal: string | null
  readonly size: Size
  readonly attachments: ReadonlySet<AttachedClient>
  info(): SessionInfo
  /** Throws `session_busy`. */
  attach(client: AttachedClient): void
  detach(client: AttachedClient, left: 'detached' | 'lost'): void
  /** The keyframe from which a new client replays about `history` bytes of output; undefined: there is none. */
  startingPoint(history: number): Promise<StoredKeyframe | undefined>
  /** The offset of the keyframe that `currentKeyframe` gives. */
  readonly screenOffset: number
  /** The current screen, or the newest keyframe there is. */
  currentKeyframe(): Promise<StoredKeyframe | undefined>
  /** Recorded output from a position that the log in memory no longer has. */
  read(position: Position): Promise<ReadResult>
  /** Keeps the log in memory from `screenOffset` on, until the returned function is called. */
  retainLog(): () => void
  /** The highest sequence number that this stream's input has reached. */
  lastInputSeq(stream: string): number
  /** Queues one unit of input, once. False: there is no room; `flushInput` is called when there is. */
  writeInput(stream: string, seq: number, bytes: Uint8Array, peer: string): boolean
  /** Whether a person is at that client's screen, and whether it shows the session. */
  setPresent(client: AttachedClient, present: boolean, focused: boolean): void
  /** Throws `size_invalid`. */
  claimSize(client: AttachedClient, size: Size): void
  releaseSize(client: AttachedClient): void
  /** The stream that owns the size; undefined: no client claims it. */
  readonly sizeOwner: string | undefined
  rename(title: string): void
  /** The current screen as plain text. */
  text(): Promise<ScreenText>
}
