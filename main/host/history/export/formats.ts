// An export as chunks of text or bytes, in any of the formats.
import { assertNever } from '../../../../protocol/errors.ts'
import type { ExportFormat, Redaction } from '../../../../protocol/messages.ts'
import { storedSession } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'
import { Cast } from './cast.ts'
import { HTML_END, htmlHead, htmlLine, styledLine } from './html.ts'
import { redactedFrames, type Step } from './redact/redacted-frames.ts'
import { redactedLines } from './redact/redacted-lines.ts'
import { Redactor } from './redact/redactor.ts'
import { type ReplayFrame, replayFrames } from './replay-frames.ts'
import { plainLines, screenLines } from './screen-lines.ts'
import { sourceOf } from './source.ts'

export interface ExportJob {
  session_id: string
  format: ExportFormat
  redact?: Redaction | undefined
  /** Milliseconds since birth; left out: from the beginning, to the end. */
  from?: number | undefined
  to?: number | undefined
  /** Replaces the stored title: a running session's may be newer. */
  title?: string | undefined
}

/** Part of the export, and how far in the log it has come; most have no bytes. */
export interface ExportChunk {
  text?: string
  bytes?: Uint8Array
  offset: number
}

export interface ExportStream {
  chunks: Generator<ExportChunk>
  /** Offsets in the log at which it begins and ends. */
  start: number
  end: number
  /** How often something was redacted so far. */
  redacted(): number
}

/** Holds a few segments of the session at a time. Throws `session_unknown`, `pattern_invalid`. */
export function openExport(store: Store, job: ExportJob): ExportStream {
  const row = store.sessions.require(job.session_id)
  const redactor = new Redactor(job.redact)
  return {
    chunks: chunksOf(store, job, redactor),
    start: row.start_offset,
    end: row.end_offset,
    redacted: () => redactor.count,
  }
}

function* chunksOf(store: Store, job: ExportJob, redactor: Redactor): Generator<ExportChunk> {
  const { session_id, format } = job
  const source = sourceOf(store)
  const row = store.sessions.require(session_id)
  const { session } = storedSession(row)
  const title = job.title ?? session.title
  const range = { from: job.from, to: job.to }
  const frames = redactor.isEmpty
    ? replayFrames(source, session_id, range)
    : redactedFrames(source, session_id, redactor, range)
  switch (format) {
    case 'cast':
    case 'cast3': {
      const { from = 0, to = Number.POSITIVE_INFINITY } = range
      const marks = store.marks.ofSession(row.session).filter(({ at }) => at >= from && at <= to)
      const header = {
        version: format === 'cast' ? (2 as const) : (3 as const),
        title,
        command: session.command.map(quote).join(' '),
        timestamp: Math.floor(session.created_at / 1000),
        shell: undefined,
      }
      const cast = new Cast(header, marks, redactor)
      let at = from
      for (const frame of frames) {
        if (frame.kind === 'step') {
          yield frame
          continue
        }
        at = frame.at
        yield { text: cast.frame(frame), offset: frame.offset }
      }
      yield { text: cast.end(at, range.to === undefined ? session.exit_code : null), offset: row.end_offset }
      return
    }
    case 'raw':
      return yield* rawChunks(frames)
    case 'txt':
      for (const item of redactor.isEmpty
        ? plainLines(source, session_id, range)
        : redactedLines(source, session_id, range, redactor, ({ text }) => text))
        if (item.kind === 'line') yield { text: `${blanks(item)}${item.line}\n`, offset: item.offset }
        else if (item.kind === 'gap') yield { text: `${missing(item)}\n`, offset: item.offset }
        else yield item
      return
    case 'html':
      yield { text: htmlHead(redactor.plain(title)), offset: 0 }
      for (const item of redactor.isEmpty
        ? screenLines(source, session_id, range, styledLine)
        : redactedLines(source, session_id, range, redactor, styledLine))
        if (item.kind === 'line') yield { text: `${blanks(item)}${htmlLine(item.line)}`, offset: item.offset }
        else if (item.kind === 'gap') yield { text: `<i>${missing(item)}</i>\n`, offset: item.offset }
        else yield item
      yield { text: HTML_END, offset: row.end_offset }
      return
    default:
      assertNever(format)
  }
}

/** The bytes as they were printed. */
function* rawChunks(frames: Generator<ReplayFrame | Step>): Generator<ExportChunk> {
  for (const frame of frames) {
    const { offset } = frame
    if (frame.kind === 'output' && !frame.isEarly) yield { bytes: frame.bytes, offset }
    else if (frame.kind === 'step') yield { offset }
  }
}

function blanks({ blank }: { blank: number }): string {
  return '\n'.repeat(blank)
}

function missing({ bytes, reason }: { bytes: number; reason: string }): string {
  return `[${bytes} bytes are missing here: ${reason}]`
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
