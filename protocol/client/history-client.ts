// What a client asks of the host's history: sessions, search, playback, export, marks. Knows nothing of channels; how a
// terminal is fed from it is the player's matter.

import { crc32 } from '../checksum.ts'
import { CodedError } from '../errors.ts'
import type {
  Blob,
  ClientMessage,
  ExportFormat,
  HistoryFilter,
  Hit,
  HostMessage,
  HostMessageOf,
  Mark,
  Redaction,
  SeekTarget,
  SessionInfo,
} from '../messages.ts'
import { cutRuns, decodeRuns } from '../output-timing.ts'
import type { Position } from '../position.ts'
import type { Inflate } from './client-attachment.ts'

/** What comes of a request before its answer. */
export interface ReplyListener {
  chunk?(bytes: Uint8Array): void
  progress?(done: number, total: number): void
}

type UnnumberedRequest = ClientMessage extends infer M
  ? M extends { request_id: number }
    ? Omit<M, 'request_id'>
    : never
  : never

/** The channel, as it is needed here. */
export interface Requests {
  request<T extends HostMessage['type']>(
    answer: T,
    question: UnnumberedRequest,
    heard?: ReplyListener,
  ): { request_id: number; answer: Promise<HostMessageOf<T>> }
  send(message: ClientMessage): void
  sendChunk(request_id: number, bytes: Uint8Array): void
}

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
  at: number
  cols: number
  rows: number
  bytes: Uint8Array
}

/** A piece of a log from the position that was asked for; where the host holds none, a hole, or the end. */
export type PlaybackChunk =
  | {
      kind: 'output'
      position: Position
      /** Where to ask next. */
      end: Position
      bytes: Uint8Array
      /** Two numbers each: the moment in milliseconds since birth, and how many bytes came then. */
      runs: number[]
      /** Each comes before the byte at its offset. */
      resizes: { offset: number; n: number; cols: number; rows: number; at: number }[]
    }
  | Exclude<HostMessageOf<'playback_chunk'>['chunk'], { kind: 'output' }>

export interface ExportOptions {
  format: ExportFormat
  redact?: Redaction
  /** Milliseconds since birth. */
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

  /** All sessions that there are, running ones too, the newest first. `cursor`: there are more. */
  async sessions(page: Page = {}): Promise<{ sessions: SessionInfo[]; cursor: string | null }> {
    const { sessions, cursor } = await this.#requests.request('history_page', { type: 'history', ...page }).answer
    return { sessions, cursor }
  }

  /** Rejects with `cancelled` when `signal` is aborted. */
  async search(query: string, page: Page & { context?: number; signal?: AbortSignal } = {}): Promise<SearchResults> {
    const { signal, ...rest } = page
    if (signal?.aborted) throw unwanted()
    const asked = this.#requests.request('search_results', { type: 'search', query, ...rest })
    const { type: _, request_id: _r, sessions, hits, ...found } = await this.#cancellable(asked, signal)
    const byId = new Map(sessions.map(session => [session.session_id, session]))
    return { ...found, hits: hits.map(hit => ({ ...hit, session: byId.get(hit.session_id)! })) }
  }

  timeline(session_id: string, buckets: number): Promise<HostMessageOf<'timeline'>> {
    return this.#requests.request('timeline', { type: 'timeline', session_id, buckets }).answer
  }

  /** The state at the last keyframe at or before `place`; where there is none, the first after it. */
  async seek(session_id: string, place: SeekTarget): Promise<SeekResult> {
    const parts: Uint8Array[] = []
    const { position, at, cols, rows, blob } = await this.#requests.request(
      'seek_result',
      { type: 'seek', session_id, target: whole(place) },
      { chunk: bytes => parts.push(bytes) },
    ).answer
    return { position, at, cols, rows, bytes: await this.#open(blob, parts[0]) }
  }

  /** What follows `position`: to be asked again with its `end` (or, at a hole, `next`), until the end. */
  async readChunk(session_id: string, position: Position): Promise<PlaybackChunk> {
    const parts: Uint8Array[] = []
    const { chunk: what } = await this.#requests.request(
      'playback_chunk',
      { type: 'playback', session_id, position },
      { chunk: bytes => parts.push(bytes) },
    ).answer
    if (what.kind !== 'output') return what
    const runs = decodeRuns(await this.#open(what.timing, parts[0]))
    const bytes = await this.#open(what.output, parts[1])
    // The end of a log is asked for again and again while it grows and its pieces are put together.
    const skip = Math.max(0, position.offset - what.position.offset)
    return {
      kind: 'output',
      position: { offset: what.position.offset + skip, n: Math.max(position.n, what.position.n) },
      end: what.end,
      bytes: bytes.subarray(skip),
      runs: cutRuns(runs, skip)[1],
      resizes: what.resizes.filter(resize => resize.n > position.n),
    }
  }

  /**
   * Exports a session; `take` gets its bytes in order, and the next when what it returned is settled. Rejects with
   * `cancelled` when `signal` is aborted, and with what `take` throws.
   */
  async export(
    session_id: string,
    { progress, signal, from, to, ...options }: ExportOptions,
    take: (bytes: Uint8Array) => unknown,
  ): Promise<{ bytes: number; redacted: number }> {
    if (signal?.aborted) throw unwanted()
    let taken: Promise<unknown> = Promise.resolve()
    let failed: (error: unknown) => void = () => {}
    const failure = new Promise<never>((_, reject) => {
      failed = reject
    })
    const asked = this.#requests.request(
      'exported',
      {
        type: 'export',
        session_id,
        ...options,
        ...(from !== undefined && { from: milliseconds(from) }),
        ...(to !== undefined && { to: milliseconds(to) }),
      },
      {
        chunk: bytes => {
          taken = taken.then(() => take(bytes)).then(() => this.#requests.send({ type: 'export_ack', request_id }))
          taken.catch(failed)
        },
        ...(progress && { progress }),
      },
    )
    const { request_id } = asked
    try {
      const { bytes, redacted } = await Promise.race([this.#cancellable(asked, signal), failure])
      await taken
      return { bytes, redacted }
    } catch (error) {
      this.#requests.send({ type: 'cancel', request_id })
      throw error
    }
  }

  /** Its text in lines; without `before` and `after` the last ones. */
  async read(
    session_id: string,
    place: { before?: number; after?: number; limit?: number } = {},
  ): Promise<Omit<HostMessageOf<'lines'>, 'type' | 'request_id'>> {
    for (;;) {
      const { request_id, answer } = this.#requests.request('lines', { type: 'read', session_id, ...place })
      const { lines, before, after, gaps, unfinished } = await answer.catch(error => {
        // Nobody waits any more: others are next.
        this.#requests.send({ type: 'cancel', request_id })
        throw error
      })
      if (!unfinished) return { lines, before, after, gaps }
    }
  }

  async mark(session_id: string, place: SeekTarget, label: string): Promise<Mark> {
    return (await this.#requests.request('marked', { type: 'mark', session_id, target: whole(place), label }).answer)
      .mark
  }

  async unmark(session_id: string, mark_id: number): Promise<void> {
    await this.#requests.request('ok', { type: 'unmark', session_id, mark_id }).answer
  }

  /** Rejects with `session_running` unless it has ended. Cancelled half-way, what was deleted by then is gone. */
  async delete(
    session_id: string,
    { progress, signal }: { progress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
  ): Promise<void> {
    if (signal?.aborted) throw unwanted()
    const question = { type: 'delete_session', session_id } as const
    await this.#cancellable(this.#requests.request('ok', question, progress ? { progress } : {}), signal)
  }

  async #cancellable<T>(
    { request_id, answer }: { request_id: number; answer: Promise<T> },
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (!signal) return answer
    let stop = () => {}
    const aborted = new Promise<never>((_, reject) => {
      stop = () => {
        this.#requests.send({ type: 'cancel', request_id })
        reject(unwanted())
      }
    })
    signal.addEventListener('abort', stop)
    try {
      return await Promise.race([answer, aborted])
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async #open({ size, checksum, compressed }: Blob, part: Uint8Array | undefined): Promise<Uint8Array> {
    if (!part) throw new CodedError('bad_frame', 'an answer without its part')
    const bytes = compressed ? await this.#inflate(part, size) : part
    if (bytes.length !== size || crc32(bytes) !== checksum)
      throw new CodedError('bad_frame', 'a part that is not what the host has stored')
    return bytes
  }
}

/** A player's clock has fractions; the host's has none. */
function whole(place: SeekTarget): SeekTarget {
  return 'at' in place ? { at: milliseconds(place.at) } : { offset: Math.max(0, Math.floor(place.offset)) }
}

function milliseconds(at: number): number {
  return Math.max(0, Math.floor(at))
}

function unwanted(): CodedError {
  return new CodedError('cancelled', 'this is no longer wanted')
}
