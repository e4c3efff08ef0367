// What clients may ask of the history, put together from the sessions in memory, the thread that writes the history, the
// thread that looks things up, and exports.
import { CodedError } from '../../../protocol/errors.ts'
import type { Mark, SeekTarget, SessionInfo } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import type { Position } from '../../../protocol/position.ts'
import type { Role } from '../access/permissions.ts'
import { ExportPlaces } from '../history/export/export-places.ts'
import { type Export, type ExportHandlers, Exports } from '../history/export/exports.ts'
import type { ExportJob } from '../history/export/formats.ts'
import { Lookup } from '../history/lookup/lookup.ts'
import type { PlaybackChunk, SeekResult } from '../history/playback/playback.ts'
import type { Timeline } from '../history/playback/timeline.ts'
import type { SessionFilter } from '../history/search/filter.ts'
import type { SearchReply, SearchRequest } from '../history/search/search.ts'
import type { ListReply } from '../history/search/session-list.ts'
import type { ReadReply, ReadRequest } from '../history/text/line-pages.ts'
import type { History } from '../history/write/history.ts'
import type { Sessions } from '../session/sessions.ts'
import { cancelled, type Progress } from '../threads/call.ts'
import type { Uploads } from '../uploads/uploads.ts'

/** How long a request waits for the newest output to be written; a full disk must not block reading. */
const FLUSH_MS = 500

export class HistoryService {
  readonly #history: History
  readonly #sessions: Sessions
  readonly #uploads: Uploads
  readonly #lookup: Lookup
  readonly #exports: Exports
  readonly #exportPlaces = new ExportPlaces()

  /** `died`: the thread that reads the history died; the next request starts another. */
  constructor(history: History, sessions: Sessions, uploads: Uploads, died?: (message: string) => void) {
    this.#uploads = uploads
    this.#history = history
    this.#sessions = sessions
    this.#lookup = new Lookup(history.file, undefined, damage => history.noticeDamage(damage), died)
    this.#exports = new Exports(history.file, undefined, damage => history.noticeDamage(damage))
  }

  list(filter: SessionFilter, limit: number, cursor: string | undefined): Promise<ListReply> {
    return this.#lookup.call('list', { filter, limit, cursor, live: this.#live() })
  }

  /** `client`: what clients take turns by. */
  async search(client: string, request: Omit<SearchRequest, 'live'>, signal: AbortSignal): Promise<SearchReply> {
    await this.#flush()
    if (signal.aborted) throw cancelled()
    return this.#lookup.call('search', { client, ...request, live: this.#live() }, { signal })
  }

  async timeline(id: string, buckets: number): Promise<Timeline> {
    return this.#lookup.call('timeline', { session_id: await this.#find(id), buckets })
  }

  async seek(id: string, target: SeekTarget): Promise<SeekResult> {
    return this.#lookup.call('seek', { session_id: await this.#find(id), target })
  }

  async playback(id: string, position: Position): Promise<PlaybackChunk & { live: boolean }> {
    const session_id = await this.#find(id)
    const live = this.#sessions.find(session_id)?.state === 'running'
    return { ...(await this.#lookup.call('playback', { session_id, position })), live }
  }

  /** The text of a session, with the lines that its screen shows now. */
  async read(
    client: string,
    id: string,
    request: Omit<ReadRequest, 'session_id'>,
    signal: AbortSignal,
  ): Promise<ReadReply> {
    const session_id = await this.#find(id)
    return this.#lookup.call('read', { client, ...request, session_id }, { signal })
  }

  /**
   * `client`: a device's ID, of which one export runs at a time. It may wait for other devices, and has to give way to them after
   * a while. Rejects with `history_busy`. `job.session_id` may be a unique prefix.
   */
  async export(
    role: Role,
    client: string,
    job: ExportJob,
    handlers: ExportHandlers,
    signal: AbortSignal,
  ): Promise<Export> {
    const session_id = await this.#find(job.session_id)
    const title = this.#sessions.find(session_id)?.info().title
    const start = (stop: AbortSignal) => this.#exports.start({ ...job, session_id, title }, handlers, stop)
    if (role === 'local') return start(signal)
    const place = await this.#exportPlaces.take(client, () => handlers.progress(0, 1), signal)
    try {
      const started = start(AbortSignal.any([signal, place.signal]))
      const done = started.done
        .catch(error => {
          throw place.signal.aborted && !signal.aborted ? outOfTurn() : error
        })
        .finally(place.release)
      return { ...started, done }
    } catch (error) {
      place.release()
      throw error
    }
  }

  /** `isGone`: the client is, perhaps because it was revoked: then nothing is changed. */
  async mark(id: string, target: SeekTarget, label: string, isGone: () => boolean): Promise<Mark> {
    const session_id = await this.#find(id)
    const point = await this.#lookup.call('resolve', { session_id, target })
    if (isGone()) throw gone()
    return this.#history.mark(session_id, point, oneLine(label))
  }

  async unmark(id: string, mark_id: number, isGone: () => boolean): Promise<void> {
    const session_id = await this.#find(id)
    if (isGone()) throw gone()
    await this.#history.unmark(session_id, mark_id)
  }

  /** Throws `session_running`. Takes only a whole id: deleting the wrong session cannot be undone. */
  async delete(session_id: string, progress: Progress, signal: AbortSignal): Promise<void> {
    const { session } = await this.#history.session(session_id)
    if (session.session_id !== session_id)
      throw new CodedError('session_unknown', `no session has the id ${session_id}`)
    // The client may have been revoked meanwhile.
    if (signal.aborted) throw cancelled()
    this.#sessions.forget(session_id)
    await this.#history.delete(session_id, { progress, signal })
    await this.#uploads.removeSession(session_id)
  }

  /** The database is about to be opened again: closes all connections to it. Exports that run are canceled. */
  async reopening(): Promise<void> {
    await Promise.all([this.#exports.cancelAll(), this.#lookup.pause()])
  }

  reopened(): void {
    this.#lookup.resume()
  }

  async close(): Promise<void> {
    await Promise.all([this.#exports.close(), this.#lookup.close()])
  }

  #live(): SessionInfo[] {
    return this.#sessions.list()
  }

  /** The whole id. If the session is running, its newest output is written first. */
  async #find(id: string): Promise<string> {
    const here = this.#sessions.find(id)
    if (here?.state === 'running') await this.#flush()
    return here ? here.session_id : (await this.#history.session(id)).session.session_id
  }

  async #flush(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, FLUSH_MS)
    })
    await Promise.race([this.#history.flush().catch(() => {}), late])
    clearTimeout(timer)
  }
}

function outOfTurn(): CodedError {
  return new CodedError('history_busy', 'other phones waited for an export; try again')
}

function gone(): CodedError {
  return new CodedError('connection_lost', 'the client is gone')
}
