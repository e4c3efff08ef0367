// An export as chunks of text or bytes, in whatever format was asked for. Holds a few pieces of the session at a time.
// Knows nothing of threads or of who takes it.
import { assertNever, CodedError } from '../../../../protocol/errors.ts'
import type { ExportFormat, Redaction } from '../../../../protocol/messages.ts'
import { type Store, storedSession } from '../../store/store.ts'
import { Playback } from '../playback/playback.ts'
import { LogReader } from '../playback/reader.ts'
import { Cast } from './cast.ts'
import { HTML_END, htmlHead, htmlLine, styledLine } from './html.ts'
import { Redactor, StreamRedactor } from './redact.ts'
import { replayFrames } from './replay-frames.ts'
import { plainLines, screenLines } from './screen-lines.ts'

export interface ExportJob {
  session_id: string
  format: ExportFormat
  redact?: Redaction | undefined
  from?: number | undefined
  to?: number | undefined
  /** In place of the title that is stored: a running session's may be newer. */
  title?: string | undefined
}

/** A piece of the export, and how far in the log it has come; most have no bytes. */
export interface ExportChunk {
  text?: string
  bytes?: Uint8Array
  offset: number
}

export interface ExportStream {
  chunks: Generator<ExportChunk>
  /** Where in the log it begins and ends. */
  start: number
  end: number
  /** How often something was taken out so far. */
  redacted(): number
}

/** Throws `session_unknown`, `pattern_invalid`. */
export function openExport(store: Store, job: ExportJob): ExportStream {
  const row = store.session(job.session_id)
  if (!row) throw new CodedError('session_unknown', `no session has the id ${job.session_id}`)
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
  const reader = new LogReader(store)
  const playback = new Playback(store, reader)
  const row = store.session(session_id)!
  const { session } = storedSession(row)
  const title = job.title ?? session.title
  const span = { from: job.from, to: job.to }
  switch (format) {
    case 'cast':
    case 'cast3': {
      const { from = 0, to = Number.POSITIVE_INFINITY } = span
      const marks = store.marks(row.session).filter(({ at }) => at >= from && at <= to)
      const header = {
        version: format === 'cast' ? (2 as const) : (3 as const),
        title,
        command: session.command.map(quoted).join(' '),
        timestamp: Math.floor(session.created_at / 1000),
        shell: undefined,
      }
      const cast = new Cast(header, marks, redactor)
      let at = from
      for (const frame of replayFrames(store, reader, playback, session_id, span)) {
        at = frame.at
        yield { text: cast.frame(frame), offset: frame.offset }
      }
      yield { text: cast.end(at, span.to === undefined ? session.exit_code : null), offset: row.end_offset }
      return
    }
    case 'raw':
      return yield* raw(replayFrames(store, reader, playback, session_id, span), redactor)
    case 'txt':
      for (const each of plainLines(store, reader, playback, session_id, span))
        if (each.kind === 'line') yield { text: `${blanks(each)}${redactor.line(each.line)}\n`, offset: each.offset }
        else if (each.kind === 'gap') yield { text: `${missing(each)}\n`, offset: each.offset }
        else yield each
      return
    case 'html':
      yield { text: htmlHead(redactor.plain(title)), offset: 0 }
      for (const each of screenLines(store, reader, playback, session_id, span, styledLine))
        if (each.kind === 'line') yield { text: `${blanks(each)}${htmlLine(each.line, redactor)}`, offset: each.offset }
        else if (each.kind === 'gap') yield { text: `<i>${missing(each)}</i>\n`, offset: each.offset }
        else yield each
      yield { text: HTML_END, offset: row.end_offset }
      return
    default:
      assertNever(format)
  }
}

/** The bytes as they came; redacted, they have to be UTF-8, and what is not becomes U+FFFD. */
function* raw(
  frames: Generator<ReturnType<typeof replayFrames> extends Generator<infer F> ? F : never>,
  redactor: Redactor,
): Generator<ExportChunk> {
  const stream = redactor.isEmpty ? undefined : new StreamRedactor<undefined>(redactor)
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const joined = (parts: { text: string }[]) => parts.map(({ text }) => text).join('')
  let offset = 0
  for (const frame of frames) {
    offset = frame.offset
    if (frame.kind !== 'output' || frame.early) continue
    if (!stream) yield { bytes: frame.bytes, offset }
    else yield { text: joined(stream.push(decoder.decode(frame.bytes, { stream: true }), undefined)), offset }
  }
  if (stream) yield { text: joined([...stream.push(decoder.decode(), undefined), ...stream.end()]), offset }
}

function blanks({ blank }: { blank: number }): string {
  return '\n'.repeat(blank)
}

function missing({ bytes, reason }: { bytes: number; reason: string }): string {
  return `[${bytes} bytes are missing here: ${reason}]`
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
