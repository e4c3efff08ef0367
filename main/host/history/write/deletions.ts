// Sessions that are being deleted, one after the other, a step at a time.
import { CodedError } from '../../../../protocol/errors.ts'
import type { Store } from '../../store/store.ts'
import type { ThreadReplies } from '../../threads/call.ts'
import type { Trimmer } from './trim.ts'

interface Deletion {
  /** Of the call. */
  id: number
  session_id: string
  /** Bytes of its log at the beginning. */
  total: number
}

export class Deletions {
  readonly #store: Store
  readonly #trimmer: Trimmer
  readonly #replies: ThreadReplies
  readonly #waiting: Deletion[] = []

  constructor(store: Store, trimmer: Trimmer, replies: ThreadReplies) {
    this.#store = store
    this.#trimmer = trimmer
    this.#replies = replies
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Throws `session_unknown`. */
  begin(id: number, session_id: string): void {
    const { start_offset, end_offset } = this.#store.sessions.require(session_id)
    this.#waiting.push({ id, session_id, total: end_offset - start_offset })
  }

  /** One step of the first. `written` is called when the database has changed. */
  step(written: () => void): void {
    const deletion = this.#waiting[0]
    if (!deletion) return
    const { id, session_id, total } = deletion
    try {
      const row = this.#store.sessions.get(session_id)
      const isLeft = row !== undefined && this.#trimmer.deleteSome(row)
      written()
      if (isLeft) {
        const { start_offset, end_offset } = this.#store.sessions.require(session_id)
        return this.#replies.progress(id, Math.max(0, total - (end_offset - start_offset)), total)
      }
      this.#replies.reply(id, undefined)
    } catch (error) {
      this.#replies.refuse(id, error)
    }
    this.#waiting.shift()
  }

  /** False: there is no such call. What is not deleted yet is kept. */
  cancel(id: number): boolean {
    const index = this.#waiting.findIndex(deletion => deletion.id === id)
    if (index < 0) return false
    this.#waiting.splice(index, 1)
    this.refuseCancelled(id)
    return true
  }

  refuseCancelled(id: number): void {
    this.#replies.refuse(id, new CodedError('cancelled', 'the rest of the session is kept'))
  }
}
