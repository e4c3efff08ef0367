// Messages about the history of all sessions, running ones included: listing, search, playback, text, marks and export.
import * as z from 'zod/mini'
import {
  LABEL_CHARACTERS,
  MAX_BUCKETS,
  MAX_CONTEXT,
  MAX_HITS,
  MAX_LINES,
  MAX_PAGE,
  MAX_PATTERNS,
  PATTERN_CHARACTERS,
  QUERY_CHARACTERS,
} from '../limits.ts'
import { Blob, cursor, GapReason, id, limit, offset, Position, request_id, text } from './fields.ts'
import { SessionInfo, SessionState } from './sessions.ts'

// `at`, `from` and `to` in these messages are milliseconds since the session began, unless it says otherwise.

/** Which sessions: every given condition has to hold. */
export const HistoryFilter = z.object({
  /** In the title, the command line or the folder; case does not matter. */
  text: z.optional(text(256)),
  /** In the command line. */
  command: z.optional(text(256)),
  /** This folder or one below it. */
  cwd: z.optional(text(4096)),
  state: z.optional(z.array(SessionState).check(z.minLength(1), z.maxLength(6))),
  /** Active at this time (Unix milliseconds) or later; a search finds only what was printed then. */
  after: z.optional(z.int()),
  /** Active before this time (Unix milliseconds); a search finds only what was printed then. */
  before: z.optional(z.int()),
  session_id: z.optional(id),
})
export type HistoryFilter = z.infer<typeof HistoryFilter>

/** A line that a search found. */
const Hit = () =>
  z.object({
    session_id: id,
    /** Where the line was complete; a SeekTarget. */
    offset,
    at: z.int(),
    line: z.string(),
    /** The lines around it, in order. */
    before: z.array(z.string()),
    after: z.array(z.string()),
    /** The matches in `line`: start and end of each in UTF-16 units, in order, without overlap. */
    ranges: z.array(z.tuple([offset, offset])),
  })
export type Hit = z.infer<ReturnType<typeof Hit>>

/** A position that a person labeled. */
const Mark = () => z.object({ mark_id: z.int(), offset, at: z.int(), label: z.string() })
export type Mark = z.infer<ReturnType<typeof Mark>>

export const ExportFormat = z.enum(['cast', 'cast3', 'txt', 'html', 'raw'])
export type ExportFormat = z.infer<typeof ExportFormat>

/** What an export leaves out. */
export const Redaction = z.object({
  /** JavaScript regular expressions (flags `gu`), matched against each line as it was printed. */
  patterns: z.optional(z.array(text(PATTERN_CHARACTERS)).check(z.maxLength(MAX_PATTERNS))),
  /** Also what looks like a password, a key or a token. */
  secrets: z.optional(z.boolean()),
})
export type Redaction = z.infer<typeof Redaction>

/** A position by time or by offset. */
const SeekTarget = z.union([z.object({ at: offset }), z.object({ offset })])
export type SeekTarget = z.infer<typeof SeekTarget>

export const historyRequests = () =>
  [
    /** Sessions, the newest first. */
    z.object({
      type: z.literal('history'),
      request_id,
      filter: z.optional(HistoryFilter),
      limit: limit(MAX_PAGE),
      cursor: z.optional(cursor),
    }),
    /** Lines that contain every term of the query: `word`, `prefix*`, `"a phrase"`. Roughly the newest first. */
    z.object({
      type: z.literal('search'),
      request_id,
      query: text(QUERY_CHARACTERS),
      filter: z.optional(HistoryFilter),
      limit: limit(MAX_HITS),
      cursor: z.optional(cursor),
      /** Lines around each hit, on each side. */
      context: z.optional(z.int().check(z.nonnegative(), z.maximum(MAX_CONTEXT))),
    }),
    z.object({
      type: z.literal('timeline'),
      request_id,
      session_id: id,
      buckets: z.int().check(z.minimum(1), z.maximum(MAX_BUCKETS)),
    }),
    /** The terminal's state at the last keyframe at or before the target. */
    z.object({ type: z.literal('seek'), request_id, session_id: id, target: SeekTarget }),
    /** The log from a position, as much as is stored together. */
    z.object({ type: z.literal('playback'), request_id, session_id: id, position: Position }),
    z.object({
      type: z.literal('export'),
      request_id,
      session_id: id,
      format: ExportFormat,
      redact: z.optional(Redaction),
      /** Only what was printed between these. */
      from: z.optional(offset),
      to: z.optional(offset),
    }),
    /** The client took a chunk of its export; the host may send another. */
    z.object({ type: z.literal('export_ack'), request_id }),
    /** The session's text as lines: those before an offset, those after one, or the last ones. */
    z.object({
      type: z.literal('read'),
      request_id,
      session_id: id,
      before: z.optional(offset),
      after: z.optional(offset),
      limit: limit(MAX_LINES),
    }),
    z.object({
      type: z.literal('mark'),
      request_id,
      session_id: id,
      target: SeekTarget,
      label: text(LABEL_CHARACTERS),
    }),
    z.object({ type: z.literal('unmark'), request_id, session_id: id, mark_id: z.int() }),
    /** Deletes an ended session and everything recorded of it. Takes the whole id only. */
    z.object({ type: z.literal('delete_session'), request_id, session_id: id }),
  ] as const

const Resizes = () => z.array(z.object({ offset, n: offset, cols: z.int(), rows: z.int(), at: z.int() }))

export const HISTORY_MESSAGES = {
  /** Answers `history`. */
  history_page: () =>
    z.object({
      type: z.literal('history_page'),
      request_id,
      sessions: z.array(SessionInfo),
      /** Gets the next page; null: this was the last. */
      cursor: z.nullable(cursor),
    }),
  /** Answers `search`. */
  search_results: () =>
    z.object({
      type: z.literal('search_results'),
      request_id,
      hits: z.array(Hit()),
      /** The hits' sessions, each once. */
      sessions: z.array(SessionInfo),
      /** Gets what follows these hits; null: there are no more. */
      cursor: z.nullable(cursor),
      /** False: time ran out before the page was full; the cursor goes on. */
      complete: z.boolean(),
      /** How much of the stored output is in the index. The rest is searched too, as far as time allows. */
      indexed: z.object({ bytes: offset, total: offset }),
    }),
  timeline: () =>
    z.object({
      type: z.literal('timeline'),
      request_id,
      session_id: id,
      /** The extent of the log that exists. */
      start: Position,
      end: Position,
      /** When its first and last output or resize came: the buckets divide the time between them. */
      from: z.int(),
      to: z.int(),
      /** Bytes in each bucket. */
      activity: z.array(z.int()),
      gaps: z.array(z.object({ from: Position, to: Position, reason: GapReason, at: z.int() })),
      /** The last of each bucket. */
      resizes: Resizes(),
      marks: z.array(Mark()),
    }),
  /** Answers `seek`, after one chunk: the bytes that bring a fresh terminal of this size to the state at `position`. */
  seek_result: () =>
    z.object({
      type: z.literal('seek_result'),
      request_id,
      position: Position,
      at: z.int(),
      cols: z.int(),
      rows: z.int(),
      blob: Blob,
    }),
  /** Answers `playback`. */
  playback_chunk: () =>
    z.object({
      type: z.literal('playback_chunk'),
      request_id,
      chunk: z.discriminatedUnion('kind', [
        /** After two chunks: when its bytes came (output-timing.ts), and the bytes. May begin before the requested position. */
        z.object({
          kind: z.literal('output'),
          position: Position,
          end: Position,
          timing: Blob,
          output: Blob,
          resizes: Resizes(),
          /** `seek` has a state for `end`, to which what was printed does not lead, because of a gap before it. */
          resync: z.optional(z.literal(true)),
        }),
        /** Nothing can be read up to `to`, where the log goes on; `seek` may have a state for it. */
        z.object({ kind: z.literal('gap'), from: Position, to: Position, reason: GapReason }),
        /** `live`: the session runs, and there will be more. */
        z.object({ kind: z.literal('end'), position: Position, live: z.boolean() }),
      ]),
    }),
  /** Answers `read`. */
  lines: () =>
    z.object({
      type: z.literal('lines'),
      request_id,
      /**
       * `offset`: where the line was written last. Lines with the same offset are sent together, so there may be more than the limit.
       * Blank lines have the offset of the line below them; of more than two in a row, two are sent.
       * `open`: it is on the screen of a running session. When it changes, its new text comes after `after`; to get no line twice,
       * read on from the last line that is not open.
       */
      lines: z.array(z.object({ offset, at: z.int(), text: z.string(), open: z.optional(z.boolean()) })),
      /** Gets (as `before`) the lines before these; null: these are the first. */
      before: z.nullable(offset),
      /** Gets (as `after`) the lines after these, now or once more was printed. */
      after: offset,
      /** Gaps, each before the line with this offset. */
      gaps: z.array(z.object({ offset, reason: GapReason })),
      /** Time ran out before there was a line: the same request again gets further. */
      unfinished: z.optional(z.boolean()),
    }),
  /** Ends an export, after its chunks. `redacted`: how many matches were taken out. */
  exported: () => z.object({ type: z.literal('exported'), request_id, bytes: offset, redacted: offset }),
  marked: () => z.object({ type: z.literal('marked'), request_id, mark: Mark() }),
}
