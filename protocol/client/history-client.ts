// What a client gets from the host's history: sessions, search, playback, text, marks, export.

import { crc32 } from '../checksum.ts'
import { CodedError } from '../errors.ts'
import type {
  Blob,
  ExportFormat,
  HistoryFilter,
  Hit,
  HostMessageOf,
  Mark,
  Redaction,
  SeekTarget,
  SessionInfo,
} from '../messages.ts'
import { cutRuns, decodeRuns } from '../output-timing.ts'
import type { Position } from '../position.ts'
import type { Inflate } from './log-applier.ts'
import type { Requests } from './requests.ts'

export interface Page {
  filter?: HistoryFilter | undefined
  limit?: number | undefined
  /** From the page before. */
  cursor?: string | undefined
}

export interface SearchHit extends Hit {
  session: SessionInfo
}

export type SearchResults = Omit<HostMessageOf<'search_results'>, 'type' | 'request_id' | 'sessions' | 'hits'> & {
  hits: SearchHit[]
}

/** A terminal's state: reset, resize, write `bytes`, then the log from `position`. */
export interface SeekResult {
  position: Position
  /** Milliseconds since the session began. */
  at: number
  cols: number
  rows: number
  bytes: Uint8Array
}

/** The log from the requested position: output, a gap, or the end. */
export type PlaybackChunk =
  | {
      kind: 'output'
      position: Position
      /** What to request next. */
      end: Position
      bytes: Uint8Array
      /** Pairs of numbers: milliseconds since the session began, and how many bytes came then. */
      runs: number[]
      /** Each comes before the byte at its offset. */
      resizes: { offset: number; n: number; cols: number; rows: number; at: number }[]
      /** `seek` has a state for `end`, to which the bytes do not lead. */
      resync?: true
    }
  | Exclude<HostMessageOf<'playback_chunk'>['chunk'], { kind: 'output' }>

export interface ExportOptions {
  format: ExportFormat
  redact?: Redaction
  /** Milliseconds since the session began. */
  from?: number
  to?: number
  progress?: (done: number, total: number) => void
  signal?: AbortSignal
}

export class HistoryClient {
  readonly #requests: Requests
  readonly #inflate: Inflate

  constructor(requests: Requests, inflate: Inflate) {
    this.#requests = requests
    this.#inflate = inflate
  }

  /** All sessions, running ones included, the newest first. `cursor`: there are more. */
  async sessions(page: Page = {}): Promise<{ sessions: SessionInfo[]; cursor: string | null }> {
    const { sessions, cursor } = await this.#requests.request('history_page', { type: 'history', ...page }).reply
    return { sessions, cursor }
  }

  /** Rejects with `cancelled` when `signal` is aborted. */
  async search(query: string, page: Page & { context?: number; signal?: AbortSignal } = {}): Promise<SearchResults> {
    const { signal, ...rest } = page
    if (signal?.aborted) throw cancelled()
    const request = this.#requests.request('search_results', { type: 'search', query, ...rest })
    const { type: _, request_id: _r, sessions, hits, ...results } = await this.#cancellable(request, signal)
    const byId = new Map(sessions.map(session => [session.session_id, session]))
    return { ...results, hits: hits.map(hit => ({ ...hit, session: byId.get(hit.session_id)! })) }
  }

  timeline(session_id: string, buckets: number): Promise<HostMessageOf<'timeline'>> {
    return this.#requests.request('timeline', { type: 'timeline', session_id, buckets }).reply
  }

  /** The state at the last keyframe at or before `target`; if there is none, the first after it. */
  async seek(session_id: string, target: SeekTarget): Promise<SeekResult> {
    const chunks: Uint8Array[] = []
    const { position, at, cols, rows, blob } = await this.#requests.request(
      'seek_result',
      { type: 'seek', session_id, target: wholeTarget(target) },
      { chunk: bytes => chunks.push(bytes) },
    ).reply
    return { position, at, cols, rows, bytes: await this.#unpack(blob, chunks[0]) }
  }

  /** The log from `position`; the next chunk begins at `end` (after a gap at `to`), until the kind is `end`. */
  async readChunk(session_id: string, position: Position): Promise<PlaybackChunk> {
    const chunks: Uint8Array[] = []
    const { chunk } = await this.#requests.request(
      'playback_chunk',
      { type: 'playback', session_id, position },
      { chunk: bytes => chunks.push(bytes) },
    ).reply
    if (chunk.kind !== 'output') return chunk
    const runs = decodeRuns(await this.#unpack(chunk.timing, chunks[0]))
    const bytes = await this.#unpack(chunk.output, chunks[1])
    // The end of a growing log is requested again and again, while what is there is merged into larger segments.
    const skip = Math.max(0, position.offset - chunk.position.offset)
    return {
      kind: 'output',
      position: { offset: chunk.position.offset + skip, n: Math.max(position.n, chunk.position.n) },
      end: chunk.end,
      bytes: bytes.subarray(skip),
      runs: cutRuns(runs, skip)[1],
      resizes: chunk.resizes.filter(resize => resize.n > position.n),
      ...(chunk.resync && { resync: true }),
    }
  }

  /**
   * Exports a session. `take` gets its bytes in order, the next chunk once its returned promise has settled. Rejects with
   * `cancelled` when `signal` is aborted, and with what `take` throws.
   */
  async export(
    session_id: string,
    { progress, signal, from, to, ...options }: ExportOptions,
    take: (bytes: Uint8Array) => unknown,
  ): Promise<{ bytes: number; redacted: number }> {
    if (signal?.aborted) throw cancelled()
    let taken: Promise<unknown> = Promise.resolve()
    let fail: (error: unknown) => void = () => {}
    const failed = new Promise<never>((_, reject) => {
      fail = reject
    })
    const request = this.#requests.request(
      'exported',
      {
        type: 'export',
        session_id,
        ...options,
        ...(from !== undefined && { from: wholeMilliseconds(from) }),
        ...(to !== undefined && { to: wholeMilliseconds(to) }),
      },
      {
        chunk: bytes => {
          taken = taken.then(() => take(bytes)).then(() => this.#requests.send({ type: 'export_ack', request_id }))
          taken.catch(fail)
        },
        ...(progress && { progress }),
      },
    )
    const { request_id } = request
    try {
      const { bytes, redacted } = await Promise.race([this.#cancellable(request, signal), failed])
      await taken
      return { bytes, redacted }
    } catch (error) {
      this.#requests.send({ type: 'cancel', request_id })
      throw error
    }
  }

  /** The session's text as lines; without `before` and `after` the last ones. */
  async read(
    session_id: string,
    range: { before?: number; after?: number; limit?: number } = {},
  ): Promise<Omit<HostMessageOf<'lines'>, 'type' | 'request_id'>> {
    for (;;) {
      const { request_id, reply } = this.#requests.request('lines', { type: 'read', session_id, ...range })
      const { lines, before, after, gaps, unfinished } = await reply.catch(error => {
        // The host stops working for this client and turns to others.
        this.#requests.send({ type: 'cancel', request_id })
        throw error
      })
      if (!unfinished) return { lines, before, after, gaps }
    }
  }

  async mark(session_id: string, target: SeekTarget, label: string): Promise<Mark> {
    const request = { type: 'mark', session_id, target: wholeTarget(target), label } as const
    return (await this.#requests.request('marked', request).reply).mark
  }

  async unmark(session_id: string, mark_id: number): Promise<void> {
    await this.#requests.request('ok', { type: 'unmark', session_id, mark_id }).reply
  }

  /** Rejects with `session_running` unless it has ended. When canceled halfway, what was deleted until then is gone. */
  async delete(
    session_id: string,
    { progress, signal }: { progress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
  ): Promise<void> {
    if (signal?.aborted) throw cancelled()
    const request = { type: 'delete_session', session_id } as const
    await this.#cancellable(this.#requests.request('ok', request, progress ? { progress } : {}), signal)
  }

  async #cancellable<T>(
    { request_id, reply }: { request_id: number; reply: Promise<T> },
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (!signal) return reply
    let stop = () => {}
    const aborted = new Promise<never>((_, reject) => {
      stop = () => {
        this.#requests.send({ type: 'cancel', request_id })
        reject(cancelled())
      }
    })
    signal.addEventListener('abort', stop)
    try {
      return await Promise.race([reply, aborted])
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async #unpack({ size, checksum, compressed }: Blob, chunk: Uint8Array | undefined): Promise<Uint8Array> {
    if (!chunk) throw new CodedError('bad_frame', 'a chunk is missing before its reply')
    const bytes = compressed ? await this.#inflate(chunk, size) : chunk
    if (bytes.length !== size || crc32(bytes) !== checksum)
      throw new CodedError('bad_frame', 'a chunk does not match its reply')
    return bytes
  }
}

/** A player's clock has fractions; the host's has none. */
function wholeTarget(target: SeekTarget): SeekTarget {
  return 'at' in target ? { at: wholeMilliseconds(target.at) } : { offset: Math.max(0, Math.floor(target.offset)) }
}

function wholeMilliseconds(at: number): number {
  return Math.max(0, Math.floor(at))
}

function cancelled(): CodedError {
  return new CodedError('cancelled', 'the request was cancelled')
}
