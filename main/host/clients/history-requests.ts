// One client's requests about the history: takes its messages, sends replies and chunks, and stops work that is no longer
// wanted.
import { assertNever, CodedError, toCoded } from '../../../protocol/errors.ts'
import { chunkFrames, jsonFrames } from '../../../protocol/frames.ts'
import { MAX_HITS, MAX_LINES, MAX_PAGE } from '../../../protocol/limits.ts'
import type { ClientMessage, ClientMessageOf, HostMessage } from '../../../protocol/messages.ts'
import type { Role } from '../access/permissions.ts'
import type { SessionScope } from '../access/session-scope.ts'
import type { DeviceBudget } from '../budget/device-budget.ts'
import type { HistoryService } from './history-service.ts'
import { summarizeList } from './session-summary.ts'

export interface HistoryOutlet {
  send(frames: Uint8Array[]): void
  /** Runs it when it is the client's turn. */
  inTurn(job: () => void): void
  refuse(error: CodedError, request_id: number): void
}

/** Where a message does not say how many. */
const DEFAULT_HITS = 50
const DEFAULT_SESSIONS = 100
const DEFAULT_CONTEXT_LINES = 2
const DEFAULT_LINES = 200

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
type HistoryRequest = Exclude<HistoryMessage, { type: 'export_ack' | 'cancel' }>

interface Running {
  controller: AbortController
  /** It has a place in the client's budget. Also a canceled one, until its work has ended. */
  hasPlace: boolean
  ended: Promise<void>
  /** The client has taken a chunk of its export. */
  chunkTaken: () => void
}

export class HistoryRequests {
  readonly #history: HistoryService
  readonly #outlet: HistoryOutlet
  readonly #role: Role
  /** What clients take turns by: the same for every connection of a device. */
  #client = 'local'
  readonly #running = new Map<number, Running>()
  #budget!: DeviceBudget
  #scope!: SessionScope
  #closed = false

  constructor(history: HistoryService, outlet: HistoryOutlet, role: Role) {
    this.#history = history
    this.#outlet = outlet
    this.#role = role
  }

  /** Before the first request. */
  admitted(client: string, given: { budget: DeviceBudget; scope: SessionScope }): void {
    this.#client = client
    this.#scope = given.scope
    this.#budget = given.budget
  }

  take(message: HistoryMessage): void {
    const { request_id } = message
    // Both may arrive after the request has ended.
    if (message.type === 'export_ack') return this.#running.get(request_id)?.chunkTaken()
    if (message.type === 'cancel') return this.#running.get(request_id)?.controller.abort()
    if (this.#running.has(request_id)) throw new CodedError('bad_message', 'this request is running already')
    const controller = new AbortController()
    let release: (() => void) | undefined
    try {
      release = this.#hold(message.type)
    } catch (error) {
      // The next request may come with the same packet as a cancel, which ends another one in a moment.
      if (!this.#isPlaceDue()) throw error
    }
    let end = () => {}
    const running: Running = {
      controller,
      chunkTaken: () => {},
      hasPlace: release !== undefined,
      ended: new Promise(resolve => {
        end = resolve
      }),
    }
    this.#running.set(request_id, running)
    const ended = (send: () => void) => {
      release?.()
      this.#running.delete(request_id)
      end()
      this.#outlet.inTurn(send)
    }
    const work = async () => {
      release ??= await this.#placeFor(message.type, controller.signal)
      running.hasPlace = true
      return this.#answer(message, running)
    }
    work().then(
      reply => ended(() => this.#send(reply)),
      error =>
        ended(() => {
          if (!this.#closed) this.#outlet.refuse(toCoded(error), request_id)
        }),
    )
  }

  /** The client has disconnected: everything is canceled. */
  close(): void {
    this.#closed = true
    for (const { controller } of this.#running.values()) controller.abort()
  }

  async #answer(message: HistoryRequest, running: Running): Promise<HostMessage> {
    const { request_id } = message
    const { signal } = running.controller
    const isGone = () => this.#closed || signal.aborted
    const progress = (done: number, total: number) => this.#send({ type: 'progress', request_id, done, total })
    switch (message.type) {
      case 'history': {
        const { limit = DEFAULT_SESSIONS, cursor } = message
        const filter = { ...message.filter, only: this.#scope.only }
        const { sessions, cursor: next } = await this.#lookUp(
          () => this.#history.list(filter, Math.min(limit, MAX_PAGE), cursor),
          signal,
        )
        // A request for one session gets all of it: a shortened command cannot be started again.
        const listed = filter.session_id === undefined ? summarizeList(sessions) : sessions
        return { type: 'history_page', request_id, sessions: listed, cursor: next }
      }
      case 'search': {
        const filter = { ...message.filter, only: this.#scope.only }
        const { query, limit = DEFAULT_HITS, cursor, context = DEFAULT_CONTEXT_LINES } = message
        const request = { query, filter, limit: Math.min(limit, MAX_HITS), cursor, context }
        const found = await this.#history.search(this.#client, request, signal)
        return { type: 'search_results', request_id, ...found, sessions: summarizeList(found.sessions) }
      }
      case 'timeline': {
        const { session_id, buckets } = message
        const timeline = await this.#lookUp(() => this.#history.timeline(session_id, buckets), signal)
        return { type: 'timeline', request_id, ...timeline }
      }
      case 'seek': {
        const { session_id, target } = message
        const { keyframe, at } = await this.#lookUp(() => this.#history.seek(session_id, target), signal)
        const { position, cols, rows, size, checksum, blob } = keyframe
        this.#chunk(request_id, blob)
        return { type: 'seek_result', request_id, position, at, cols, rows, blob: { size, checksum, compressed: true } }
      }
      case 'playback': {
        const { session_id, position } = message
        const { live, ...chunk } = await this.#lookUp(() => this.#history.playback(session_id, position), signal)
        if (chunk.kind === 'end') return { type: 'playback_chunk', request_id, chunk: { ...chunk, live } }
        if (chunk.kind === 'gap') return { type: 'playback_chunk', request_id, chunk }
        const { blob: timing, ...timingBlob } = chunk.timing
        const { blob: output, ...outputBlob } = chunk.output
        this.#chunk(request_id, timing)
        this.#chunk(request_id, output)
        return { type: 'playback_chunk', request_id, chunk: { ...chunk, timing: timingBlob, output: outputBlob } }
      }
      case 'read': {
        const { session_id, before, after, limit = DEFAULT_LINES } = message
        const request = { before, after, limit: Math.min(limit, MAX_LINES) }
        const page = await this.#history.read(this.#client, session_id, request, signal)
        return { type: 'lines', request_id, ...page }
      }
      case 'export': {
        const { session_id, format, redact, from, to } = message
        const job = { session_id, format, redact, from, to }
        const handlers = { chunk: (bytes: Uint8Array) => this.#chunk(request_id, bytes), progress }
        const { chunkTaken, done } = await this.#history.export(this.#role, this.#client, job, handlers, signal)
        running.chunkTaken = chunkTaken
        return { type: 'exported', request_id, ...(await done) }
      }
      case 'mark': {
        const { session_id, target, label } = message
        const mark = await this.#lookUp(() => this.#history.mark(session_id, target, label, isGone), signal)
        return { type: 'marked', request_id, mark }
      }
      case 'unmark':
        await this.#history.unmark(message.session_id, message.mark_id, isGone)
        return { type: 'ok', request_id }
      case 'delete_session':
        await this.#history.delete(message.session_id, progress, signal)
        return { type: 'ok', request_id }
      default:
        return assertNever(message)
    }
  }

  #lookUp<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#budget.lookUp(() => {
      // It may have been canceled while it waited for its turn.
      if (signal.aborted) throw new CodedError('cancelled', 'the request was cancelled')
      return work()
    })
  }

  /** Canceled requests that will give back their places. */
  get #ending(): Running[] {
    return [...this.#running.values()].filter(({ controller, hasPlace }) => hasPlace && controller.signal.aborted)
  }

  /** Whether there will be a place for one more request that waits. */
  #isPlaceDue(): boolean {
    const waiting = [...this.#running.values()].filter(({ hasPlace }) => !hasPlace).length
    return waiting < this.#ending.length
  }

  /** When a canceled request has ended. Throws `history_busy`, `cancelled`. */
  async #placeFor(type: HistoryRequest['type'], signal: AbortSignal): Promise<() => void> {
    const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    for (;;) {
      await Promise.race([aborted, ...this.#ending.map(({ ended }) => ended)])
      if (signal.aborted) throw new CodedError('cancelled', 'the request was cancelled')
      try {
        return this.#hold(type)
      } catch (error) {
        if (this.#ending.length === 0) throw error
      }
    }
  }

  /** Throws `history_busy`. */
  #hold(type: HistoryRequest['type']): () => void {
    const request = this.#budget.hold('history_requests')
    const kind = type === 'export' ? 'exports' : type === 'search' || type === 'read' ? 'searches' : undefined
    if (kind === undefined) return request
    try {
      const long = this.#budget.hold(kind)
      return () => {
        long()
        request()
      }
    } catch (error) {
      request()
      throw error
    }
  }

  #chunk(request_id: number, bytes: Uint8Array): void {
    if (!this.#closed) this.#outlet.send(chunkFrames(request_id, bytes))
  }

  #send(message: HostMessage): void {
    if (!this.#closed) this.#outlet.send(jsonFrames(message))
  }
}
