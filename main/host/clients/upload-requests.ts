// One client's uploads: takes their chunks, reports progress, and ends those that are canceled or idle.
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { CHUNK_BYTES, MAX_CHUNKS_AHEAD } from '../../../protocol/limits.ts'
import type { ClientMessageOf, HostMessage } from '../../../protocol/messages.ts'
import type { DeviceBudget } from '../budget/device-budget.ts'
import type { Upload, Uploads } from '../uploads/uploads.ts'
import type { Outlet } from './outlet.ts'

/** An upload ends when its client sends nothing for this long: as long as a request may take (REQUEST_MS), twice. */
export const IDLE_MS = 20_000

/** Ended uploads that are remembered: chunks that were in transit when one ended are ignored. */
const MAX_ENDED = 64

interface RunningUpload {
  upload: Upload | undefined
  readonly size: number
  received: number
  written: number
  /** Chunks that were received and are not written yet. */
  ahead: number
  timer: NodeJS.Timeout | undefined
  /** Gives back the upload's place in the budget of its client, when nothing of it is left to do. */
  release: () => void
  /** The file is there, or there will be none. */
  begun: Promise<void>
}

export class UploadRequests {
  readonly #uploads: Uploads
  readonly #outlet: Pick<Outlet, 'message' | 'refuse'>
  readonly #running = new Map<number, RunningUpload>()
  readonly #ended = new Set<number>()
  #budget!: Pick<DeviceBudget, 'hold'>
  #closed = false

  constructor(uploads: Uploads, outlet: Pick<Outlet, 'message' | 'refuse'>) {
    this.#uploads = uploads
    this.#outlet = outlet
  }

  /** Before the first request. */
  admitted(budget: Pick<DeviceBudget, 'hold'>): void {
    this.#budget = budget
  }

  /** `find` resolves with the session's full id. Throws `upload_busy`, `bad_message`. */
  take({ request_id, name, size }: ClientMessageOf<'upload'>, find: () => Promise<string>): void {
    if (this.#running.has(request_id)) throw new CodedError('bad_message', 'this request id is already in use')
    const release = this.#budget.hold('uploads')
    const running: RunningUpload = {
      upload: undefined,
      size,
      received: 0,
      written: 0,
      ahead: 0,
      timer: undefined,
      release,
      begun: Promise.resolve(),
    }
    this.#ended.delete(request_id)
    this.#running.set(request_id, running)
    running.begun = this.#begin(request_id, running, find, name).catch(error =>
      this.#end(request_id, running, toCoded(error)),
    )
  }

  /** Throws `bad_frame` for a chunk that no upload expects, which ends the connection. */
  chunk(request_id: number, bytes: Uint8Array): void {
    const running = this.#running.get(request_id)
    if (!running && this.#ended.has(request_id)) return
    if (!running?.upload) throw new CodedError('bad_frame', 'no upload expects this chunk')
    if (bytes.length === 0 || bytes.length > CHUNK_BYTES || running.received + bytes.length > running.size)
      throw new CodedError('bad_frame', 'the chunk is empty or too long')
    if (running.ahead >= MAX_CHUNKS_AHEAD) throw new CodedError('bad_frame', 'too many chunks at once')
    running.received += bytes.length
    running.ahead++
    this.#expect(request_id, running)
    running.upload.write(bytes).then(
      () => this.#wrote(request_id, running, bytes.length),
      error => this.#end(request_id, running, toCoded(error)),
    )
  }

  /** False: this request is not an upload. */
  cancel(request_id: number): boolean {
    const running = this.#running.get(request_id)
    if (running) this.#end(request_id, running, new CodedError('cancelled', 'the upload was cancelled'))
    return running !== undefined || this.#ended.has(request_id)
  }

  /** The client is gone: unfinished files are removed. */
  close(): void {
    this.#closed = true
    for (const [request_id, running] of this.#running)
      this.#end(request_id, running, new CodedError('connection_lost', 'the client is gone'))
  }

  async #begin(request_id: number, running: RunningUpload, find: () => Promise<string>, name: string): Promise<void> {
    const session_id = await find()
    if (!this.#isRunning(request_id, running)) return
    const upload = await this.#uploads.begin(session_id, name, running.size)
    if (!this.#isRunning(request_id, running)) return upload.discard()
    upload.gone = () => this.#end(request_id, running, new CodedError('session_unknown', 'this session was deleted'))
    running.upload = upload
    this.#wrote(request_id, running, 0)
    this.#expect(request_id, running)
  }

  #wrote(request_id: number, running: RunningUpload, bytes: number): void {
    if (!this.#isRunning(request_id, running)) return
    running.written += bytes
    if (bytes > 0) running.ahead--
    if (running.written === running.size) return void this.#finish(request_id, running)
    this.#send({ type: 'progress', request_id, done: running.written, total: running.size })
  }

  async #finish(request_id: number, running: RunningUpload): Promise<void> {
    clearTimeout(running.timer)
    if (running.size > 0) this.#send({ type: 'progress', request_id, done: running.size, total: running.size })
    try {
      const path = await running.upload!.finish()
      if (!this.#isRunning(request_id, running)) return
      this.#forget(request_id)
      running.release()
      this.#send({ type: 'uploaded', request_id, path })
    } catch (error) {
      this.#end(request_id, running, toCoded(error))
    }
  }

  #end(request_id: number, running: RunningUpload, error: CodedError): void {
    if (!this.#isRunning(request_id, running)) return
    clearTimeout(running.timer)
    this.#forget(request_id)
    void running.begun
      .then(() => running.upload?.discard())
      .catch(() => {}) // logged there
      .finally(running.release)
    if (!this.#closed) this.#outlet.refuse(error, request_id)
  }

  #expect(request_id: number, running: RunningUpload): void {
    clearTimeout(running.timer)
    if (running.received === running.size) return
    const timedOut = () =>
      this.#end(request_id, running, new CodedError('cancelled', 'the rest of the file did not arrive in time'))
    running.timer = setTimeout(timedOut, IDLE_MS)
    running.timer.unref()
  }

  #isRunning(request_id: number, running: RunningUpload): boolean {
    return this.#running.get(request_id) === running
  }

  #forget(request_id: number): void {
    this.#running.delete(request_id)
    this.#ended.add(request_id)
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.values().next().value!)
  }

  #send(message: HostMessage): void {
    if (!this.#closed) this.#outlet.message(message)
  }
}
