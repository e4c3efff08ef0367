// Messages about sessions: the list, attachments with their output, input and size, and uploads.
import * as z from 'zod/mini'
import { ENVIRONMENT_CHARACTERS, FILE_NAME_CHARACTERS, MAX_WINDOW_BYTES } from '../limits.ts'
import { Activity } from './activity.ts'
import { Blob, GapReason, handle, id, offset, Position, RequestedSize, request_id, text } from './fields.ts'

/** How a session ended; `running` is the only state with a process. */
export const SessionState = z.enum(['running', 'exited', 'killed', 'expired', 'host_stopped', 'host_crashed'])
export type SessionState = z.infer<typeof SessionState>

/** Why a person is needed. `blocked` and `done` as in ActivityState; `ended`, `failed`: its command; a bell, a notification. */
export const AttentionKind = z.enum(['blocked', 'done', 'ended', 'failed', 'message', 'bell'])
export type AttentionKind = z.infer<typeof AttentionKind>

/** Whether people are notified of a session: as the settings say, never, or also when its process ends. */
export const NotifyChoice = z.enum(['default', 'muted', 'when_ended'])
export type NotifyChoice = z.infer<typeof NotifyChoice>

export const SessionInfo = z.object({
  session_id: id,
  title: z.string(),
  /** argv; the first is the program. */
  command: z.array(z.string()),
  /** Where it started; of a running session its current folder, if that can be found out. */
  cwd: z.string(),
  /** The branch that is checked out in `cwd`; '': none. */
  branch: z._default(z.string(), ''),
  state: SessionState,
  exit_code: z.nullable(z.int()),
  signal: z.nullable(z.string()),
  pid: z.nullable(z.int()),
  /** Unix milliseconds, like all absolute times on the wire. */
  created_at: z.int(),
  ended_at: z.nullable(z.int()),
  last_activity: z.int(),
  cols: z.int(),
  rows: z.int(),
  /** Bytes of output since the session began. */
  bytes: offset,
  /** Attached clients. */
  clients: z.int(),
  /** Silent and unattached for longer than the expiry, but something still runs in it. */
  idle: z.boolean(),
  /** The last line on its screen that is not blank, as plain text. */
  last_line: z._default(z.string(), ''),
  /** What its program is doing; null: it is a plain shell, or not known. */
  activity: z._default(z.nullable(Activity), null),
  /**
   * It needs a person, and no one has viewed it since. `text`: the question, what was done, the notification's text, or ''.
   * `silent`: no one is to be notified, because it is muted, or as the settings say (kinds, quiet hours).
   */
  attention: z._default(
    z.nullable(
      z.object({
        at: z.int(),
        text: z.string(),
        kind: z._default(AttentionKind, 'message'),
        silent: z.optional(z.boolean()),
      }),
    ),
    null,
  ),
  /** A person allowed its programs to control other sessions. Left out: no. */
  may_control: z.optional(z.boolean()),
  /** Left out: `default`. */
  notify: z.optional(NotifyChoice),
  /** Its output broke its screen again and again: it is recorded and can be typed into, but has no preview and no questions. */
  screen_failed: z.optional(z.boolean()),
  /** Its viewers, each client once: a device's name, `desktop` for a window, `terminal` for the command. */
  viewers: z._default(z.array(z.string()), []),
})
export type SessionInfo = z.infer<typeof SessionInfo>

export const SessionSpec = z.object({
  /** argv; left out: the user's login shell. */
  command: z.optional(z.array(text(32_768)).check(z.minLength(1), z.maxLength(1024))),
  /** Left out: the home folder. */
  cwd: z.optional(text(4096)),
  title: z.optional(text(256)),
  size: z.optional(RequestedSize),
  /** The environment of the person who starts it; only from the host's own computer. Left out: the login environment. */
  env: z.optional(z.record(text(4096), text(ENVIRONMENT_CHARACTERS))),
})
export type SessionSpec = z.infer<typeof SessionSpec>

export const sessionRequests = () =>
  [
    /** `watch`: also send `sessions` again whenever something in it changes. */
    z.object({ type: z.literal('list'), request_id, watch: z.optional(z.boolean()) }),
    z.object({ type: z.literal('create'), request_id, spec: SessionSpec }),
    z.object({
      type: z.literal('attach'),
      request_id,
      /** The whole id, or a beginning that only one session has. */
      session_id: id,
      /** Where the client's terminal ends; null: it is empty. */
      have: z.nullable(Position),
      read_only: z.optional(z.boolean()),
      /** As in `attachment_presence`. Left out: true. */
      present: z.optional(z.boolean()),
      focused: z.optional(z.boolean()),
      /** Claims the session's size at once. Left out: show it in its current size. */
      size: z.optional(RequestedSize),
      /** Most unacknowledged output bytes; 0: send no output at all (for a client that only types). */
      window: z.optional(z.int().check(z.minimum(0), z.maximum(MAX_WINDOW_BYTES))),
      /** For an empty terminal: raw output before the end that the client wants. Left out: HISTORY_BYTES. */
      history_bytes: z.optional(offset),
      /** Missed raw output that the client prefers to receive over skipping to the current screen. Left out: CATCH_UP_BYTES. */
      catch_up_bytes: z.optional(offset),
      /** When the session is unknown, ended or expired: start this one instead. */
      fallback: z.optional(z.object({ new: SessionSpec })),
      /** Names the numbering of this client's input; random, kept across reconnects. */
      input_stream: text(64),
    }),
    z.object({ type: z.literal('detach'), handle }),
    /** Claims the size: this client owns it from now on. */
    z.object({ type: z.literal('resize'), handle, cols: z.number(), rows: z.number() }),
    /** Returns the size to its previous owner. */
    z.object({ type: z.literal('release_size'), handle }),
    /**
     * Whether a person is at the screen that shows this attachment. `focused`: it is shown, page visible and window focused, however
     * long ago a person did something there. Left out: as `present`.
     */
    z.object({
      type: z.literal('attachment_presence'),
      handle,
      present: z.boolean(),
      focused: z.optional(z.boolean()),
    }),
    /** The session's current screen as text. */
    z.object({ type: z.literal('screen'), request_id, session_id: id }),
    z.object({ type: z.literal('kill'), request_id, session_id: id }),
    /** All modes as in a new terminal; what is printed stays. */
    z.object({ type: z.literal('reset_terminal'), request_id, session_id: id }),
    z.object({ type: z.literal('rename'), request_id, session_id: id, title: text(256) }),
    z.object({ type: z.literal('notify_session'), request_id, session_id: id, choice: NotifyChoice }),
    /**
     * A file for the session's computer. It follows in chunks of at most CHUNK_BYTES; the host sends `progress` when it can take
     * the first and after each one that it has written, and at most MAX_CHUNKS_AHEAD may be in flight.
     */
    z.object({ type: z.literal('upload'), request_id, session_id: id, name: text(FILE_NAME_CHARACTERS), size: offset }),
  ] as const

export const SESSION_MESSAGES = {
  /** Answers `list` (with its request_id), and is sent again while watching (without). */
  sessions: () =>
    z.object({ type: z.literal('sessions'), request_id: z.optional(request_id), sessions: z.array(SessionInfo) }),
  created: () => z.object({ type: z.literal('created'), request_id, session: SessionInfo }),
  /** Answers `attach`. */
  session: () =>
    z.object({
      type: z.literal('session'),
      request_id,
      handle,
      session_id: id,
      session: SessionInfo,
      /** The host accepted `have` and goes on from there. */
      resumed: z.boolean(),
      read_only: z.boolean(),
      /** The highest number of this client's input_stream that reached the PTY; 0: none. */
      input_seen: offset,
      cols: z.int(),
      rows: z.int(),
    }),
  /** The session's size changed at this position of its log. */
  resize: () =>
    z.object({
      type: z.literal('resize'),
      handle,
      offset,
      n: offset,
      cols: z.int(),
      rows: z.int(),
    }),
  size_owner: () => z.object({ type: z.literal('size_owner'), handle, owned: z.boolean() }),
  /** The terminal's state follows as a blob; it resets the client's terminal and sets its end. */
  keyframe: () =>
    z.object({
      type: z.literal('keyframe'),
      handle,
      position: Position,
      cols: z.int(),
      rows: z.int(),
      blob: Blob,
    }),
  /** Part of the log follows as a blob, with the resizes in it. It may overlap what the client has. */
  segment: () =>
    z.object({
      type: z.literal('segment'),
      handle,
      position: Position,
      end: Position,
      blob: Blob,
      resizes: z.array(z.object({ offset, n: offset, cols: z.int(), rows: z.int() })),
    }),
  /** This extent of the log will not be sent: the client was skipped forward, or the host cannot read it. */
  gap: () =>
    z.object({
      type: z.literal('gap'),
      handle,
      from: Position,
      to: Position,
      reason: z.enum(['skipped', ...GapReason.options]),
    }),
  /** Everything up to the end of the log was sent. */
  caught_up: () => z.object({ type: z.literal('caught_up'), handle }),
  title: () => z.object({ type: z.literal('title'), handle, title: z.string() }),
  /** A session rang its bell, or sent a notification (`text`). For clients that watch the list. */
  attention: () => z.object({ type: z.literal('attention'), session_id: id, text: z.optional(z.string()) }),
  /** The process ended; all its output was sent before. */
  exit: () =>
    z.object({
      type: z.literal('exit'),
      handle,
      state: SessionState,
      exit_code: z.nullable(z.int()),
      signal: z.nullable(z.string()),
    }),
  screen: () =>
    z.object({
      type: z.literal('screen'),
      request_id,
      session_id: id,
      cols: z.int(),
      rows: z.int(),
      lines: z.array(z.string()),
    }),
  /** Ends an upload. `path`: the file's, on the session's computer. */
  uploaded: () => z.object({ type: z.literal('uploaded'), request_id, path: z.string() }),
}
