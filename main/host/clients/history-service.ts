// What clients may ask of the history, put together from the sessions in memory, the thread that writes, the one that
// looks things up, and exports. Knows nothing of connections or messages.
import { CodedError } from '../../../protocol/errors.ts'
import type { HistoryFilter, Mark, SeekTarget, SessionInfo } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import type { Position } from '../../../protocol/position.ts'
import { type Export, type ExportHandlers, Exports } from '../history/export/exports.ts'
import type { ExportJob } from '../history/export/formats.ts'
import { Lookup } from '../history/lookup/lookup.ts'
import type { PlaybackChunk, SeekResult } from '../history/playback/playback.ts'
import type { Timeline } from '../history/playback/timeline.ts'
import type { SearchReply, SearchRequest } from '../history/search/search.ts'
import type { ListReply } from '../history/search/session-list.ts'
import type { ReadReply, ReadRequest } from '../history/text/line-pages.ts'
import type { History } from '../history/write/history.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Uploads } from '../uploads/uploads.ts'

/** What was printed just now is waited for so long; a disk that is full must not keep anybody from looking. */
const FLUSH_MS = 500

/** Whoever asked is given a function that ends it. */
type Cancellable = (cancel: () => void) => void

export class HistoryService {
  readonly #history: History
  readonly #sessions: Sessions
  readonly #uploads: Uploads
  readonly #lookup: Lookup
  readonly #exports: Exports

  constructor(history: History, sessions: Sessions, uploads: Uploads) {
    this.#uploads = uploads
    this.#history = history
    this.#sessions = sessions
    this.#lookup = new Lookup(history.file)
    this.#exports = new Exports(history.file)
  }

  list(filter: HistoryFilter, limit: number, cursor: string | undefined): Promise<ListReply> {
    return this.#lookup.ask({ do: 'list', question: { filter, limit, cursor, live: this.#live() } })
  }

  /** `asker`: those who ask take turns by it. */
  async search(asker: string, question: Omit<SearchRequest, 'live'>, cancellable: Cancellable): Promise<SearchReply> {
    let wanted = true
    cancellable(() => {
      wanted = false
    })
    await this.#flush()
    if (!wanted) throw new CodedError('cancelled', 'the search was cancelled')
    return this.#lookup.ask({ do: 'search', asker, question: { ...question, live: this.#live() } }, cancellable)
  }

  async timeline(id: string, buckets: number): Promise<Timeline> {
    const session_id = await this.#find(id)
    return this.#lookup.ask({ do: 'timeline', session_id, buckets })
  }

  async moment(id: string, place: SeekTarget): Promise<SeekResult> {
    const session_id = await this.#find(id)
    return this.#lookup.ask({ do: 'moment', session_id, place })
  }

  /** The text of a session, with the lines that its screen shows now. */
  async read(
    asker: string,
    id: string,
    question: Omit<ReadRequest, 'session_id'>,
    cancellable: Cancellable,
  ): Promise<ReadReply> {
    const session_id = await this.#find(id)
    return this.#lookup.ask({ do: 'read', asker, question: { ...question, session_id } }, cancellable)
  }

  async stretch(id: string, position: Position): Promise<PlaybackChunk & { live: boolean }> {
    const session_id = await this.#find(id)
    const live = this.#sessions.find(session_id)?.state === 'running'
    return { ...(await this.#lookup.ask({ do: 'stretch', session_id, position })), live }
  }

  /** Throws `history_busy`. `session_id`: the whole of it. */
  async export(job: ExportJob, handlers: ExportHandlers): Promise<Export> {
    const session_id = await this.#find(job.session_id)
    const title = this.#sessions.find(session_id)?.info().title
    return this.#exports.start({ ...job, session_id, title }, handlers)
  }

  async mark(id: string, place: SeekTarget, label: string): Promise<Mark> {
    const session_id = await this.#find(id)
    const where = await this.#lookup.ask({ do: 'place', session_id, place })
    return this.#history.mark(session_id, where, oneLine(label))
  }

  async unmark(id: string, mark_id: number): Promise<void> {
    await this.#history.unmark(await this.#find(id), mark_id)
  }

  /** Throws `session_running`. Takes the whole id: a session that was not meant is gone for good. */
  async delete(
    session_id: string,
    progress: (done: number, total: number) => void,
    cancellable: Cancellable,
  ): Promise<void> {
    const { session } = await this.#history.session(session_id)
    if (session.session_id !== session_id)
      throw new CodedError('session_unknown', `no session has the id ${session_id}`)
    this.#sessions.forget(session_id)
    await this.#history.delete(session_id, progress, cancellable)
    await this.#uploads.forget(session_id)
  }

  async close(): Promise<void> {
    await Promise.all([this.#exports.close(), this.#lookup.close()])
  }

  #live(): SessionInfo[] {
    return this.#sessions.list()
  }

  /** The whole id. Of a session that runs, what it printed is written first. */
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
