// One client's questions about the history: takes its messages, sends answers and parts, and ends what it no longer wants.
// Knows nothing of channels, roles or where history lies.
import { assertNever, CodedError, toCoded } from '../../../protocol/errors.ts'
import { chunkFrames, jsonFrames } from '../../../protocol/frames.ts'
import { MAX_HITS, MAX_LINES, MAX_PAGE } from '../../../protocol/limits.ts'
import type { ClientMessage, ClientMessageOf, HostMessage } from '../../../protocol/messages.ts'
import type { HistoryService } from './history-service.ts'
import { brief } from './session-summary.ts'

export interface HistoryOutlet {
  send(frames: Uint8Array[]): void
  refused(error: CodedError, request_id: number): void
}

/** What one client may have under way: a search for each key that is pressed, and a few exports. */
const MOST_AT_ONCE = 32

/** Of these, what takes turns with everybody's: a person types faster than a search is cancelled, but looks at one. */
const MOST_LONG = 8

const HITS = 50
const PAGE = 100
const CONTEXT = 2
const LINES = 200

export const HISTORY_MESSAGES = [
  'history',
  'search',
  'timeline',
  'seek',
  'playback',
  'read',
  'export',
  'export_ack',
  'cancel',
  'mark',
  'unmark',
  'delete_session',
] as const satisfies ClientMessage['type'][]

export type HistoryMessage = ClientMessageOf<(typeof HISTORY_MESSAGES)[number]>
type Question = Exclude<HistoryMessage, { type: 'export_ack' | 'cancel' }>

interface Running {
  isLong: boolean
  cancel: () => void
  more: () => void
}

export class HistoryRequests {
  readonly #past: HistoryService
  readonly #outlet: HistoryOutlet
  readonly #asker: () => string
  readonly #running = new Map<number, Running>()
  #closed = false

  /** `asker`: who it is for, whichever connection it comes over. */
  constructor(past: HistoryService, outlet: HistoryOutlet, asker: () => string) {
    this.#past = past
    this.#outlet = outlet
    this.#asker = asker
  }

  take(message: HistoryMessage): void {
    const { request_id } = message
    // What is done already needs neither.
    if (message.type === 'export_ack') return this.#running.get(request_id)?.more()
    if (message.type === 'cancel') return this.#running.get(request_id)?.cancel()
    if (this.#running.size >= MOST_AT_ONCE)
      throw new CodedError('history_busy', `${MOST_AT_ONCE} questions about the history are under way`)
    if (this.#running.has(request_id)) throw new CodedError('bad_message', 'this request is under way already')
    const isLong = message.type === 'search' || message.type === 'read'
    if (isLong && [...this.#running.values()].filter(one => one.isLong).length >= MOST_LONG)
      throw new CodedError('history_busy', `${MOST_LONG} searches are under way; wait for one`)
    const running: Running = { isLong, cancel: () => {}, more: () => {} }
    this.#running.set(request_id, running)
    this.#answer(message, running)
      .finally(() => this.#running.delete(request_id))
      .then(
        answer => this.#send(answer),
        error => {
          if (!this.#closed) this.#outlet.refused(toCoded(error), request_id)
        },
      )
  }

  /** The client is gone: nobody wants any of it. */
  close(): void {
    this.#closed = true
    for (const { cancel } of this.#running.values()) cancel()
  }

  async #answer(message: Question, running: Running): Promise<HostMessage> {
    const { request_id } = message
    const cancellable = (cancel: () => void) => {
      running.cancel = cancel
    }
    const progress = (done: number, total: number) => this.#send({ type: 'progress', request_id, done, total })
    switch (message.type) {
      case 'history': {
        const { filter = {}, limit = PAGE, cursor } = message
        const { sessions, cursor: next } = await this.#past.list(filter, Math.min(limit, MAX_PAGE), cursor)
        // Who asks for one session wants all of it: what is cut cannot be started again.
        const listed = filter.session_id === undefined ? sessions.map(brief) : sessions
        return { type: 'history_page', request_id, sessions: listed, cursor: next }
      }
      case 'search': {
        const { query, filter = {}, limit = HITS, cursor, context = CONTEXT } = message
        const question = { query, filter, limit: Math.min(limit, MAX_HITS), cursor, context }
        const found = await this.#past.search(this.#asker(), question, cancellable)
        return { type: 'search_results', request_id, ...found, sessions: found.sessions.map(brief) }
      }
      case 'timeline':
        return { type: 'timeline', request_id, ...(await this.#past.timeline(message.session_id, message.buckets)) }
      case 'seek': {
        const { keyframe, at } = await this.#past.moment(message.session_id, message.target)
        const { position, cols, rows, size, checksum, blob } = keyframe
        this.#part(request_id, blob)
        return { type: 'seek_result', request_id, position, at, cols, rows, blob: { size, checksum, compressed: true } }
      }
      case 'playback': {
        const { live, ...what } = await this.#past.stretch(message.session_id, message.position)
        if (what.kind === 'end') return { type: 'playback_chunk', request_id, chunk: { ...what, live } }
        if (what.kind === 'gap') return { type: 'playback_chunk', request_id, chunk: what }
        const { blob: timing, ...timingBlob } = what.timing
        const { blob: output, ...outputBlob } = what.output
        this.#part(request_id, timing)
        this.#part(request_id, output)
        return { type: 'playback_chunk', request_id, chunk: { ...what, timing: timingBlob, output: outputBlob } }
      }
      case 'read': {
        const { session_id, before, after, limit = LINES } = message
        const question = { before, after, limit: Math.min(limit, MAX_LINES) }
        return {
          type: 'lines',
          request_id,
          ...(await this.#past.read(this.#asker(), session_id, question, cancellable)),
        }
      }
      case 'export': {
        const { session_id, format, redact, from, to } = message
        let cancelled = false
        cancellable(() => {
          cancelled = true
        })
        const job = { session_id, format, redact, from, to }
        const one = await this.#past.export(job, { part: bytes => this.#part(request_id, bytes), progress })
        running.more = one.more
        cancellable(one.cancel)
        if (cancelled) one.cancel()
        return { type: 'exported', request_id, ...(await one.done) }
      }
      case 'mark': {
        const mark = await this.#past.mark(message.session_id, message.target, message.label)
        return { type: 'marked', request_id, mark }
      }
      case 'unmark':
        await this.#past.unmark(message.session_id, message.mark_id)
        return { type: 'ok', request_id }
      case 'delete_session':
        await this.#past.delete(message.session_id, progress, cancellable)
        return { type: 'ok', request_id }
      default:
        return assertNever(message)
    }
  }

  #part(request_id: number, bytes: Uint8Array): void {
    if (!this.#closed) this.#outlet.send(chunkFrames(request_id, bytes))
  }

  #send(message: HostMessage): void {
    if (!this.#closed) this.#outlet.send(jsonFrames(message))
  }
}
