// Files on their way from this phone to sessions' computer, one after another; they go on when their session is left. Knows no
// layout, and nothing of what is done with the paths.
import { effect, signal } from '@preact/signals'
import type { Source } from '../../protocol/client/upload-client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import { FILE_NAME_CHARACTERS } from '../../protocol/limits.ts'
import type { HostLink } from '../connection/host-link.ts'

/** Tries that the connection may cost: what breaks it each time is not sent for ever. */
const TRIES = 5

export interface UploadItem {
  id: number
  /** Whom it was chosen for: the computer (`HostLink.hostId`), and a session there. */
  host: string | undefined
  session_id: string
  file: File
  /** `arrived`: nobody was there to take its path. */
  state: 'waiting' | 'sending' | 'failed' | 'arrived'
  tries: number
  /** Bytes that the host has. */
  done: number
  /** Why it failed, and whether trying again may help. */
  why?: string
  again?: boolean
  /** Its path belongs into a text that is being composed. */
  toDraft: boolean
  /** On the session's computer, once it has arrived. */
  path?: string
  /** Takes the path; false when who wanted it has left. */
  arrived: (path: string) => boolean
  /** It is shown with its session alone, which may have been left. */
  failed: (why: string) => void
}

export type { Uploads }

class Uploads {
  /** Oldest first; what has arrived is gone from it. */
  readonly items = signal<UploadItem[]>([])
  readonly #link: HostLink
  #running: { id: number; abort: AbortController } | undefined
  #next = 1

  /** Lives as long as the page. */
  constructor(link: HostLink) {
    this.#link = link
    // Choosing a photo may put the page to sleep: what was chosen waits for the connection to be back.
    effect(() => {
      if (link.state.value.name !== 'ready') return
      // Another computer took the place of the one they were meant for: it gets none of them, nor its paths.
      const { hostId } = link
      for (const { id, host } of this.items.peek()) if (host !== hostId) this.drop(id)
      this.#go()
    })
  }

  /** `arrived` is told the path of each on the session's computer. */
  add(
    files: readonly File[],
    { session_id, toDraft, arrived, failed }: Pick<UploadItem, 'session_id' | 'toDraft' | 'arrived' | 'failed'>,
  ) {
    const items = files.map(
      (file): UploadItem => ({
        id: this.#next++,
        host: this.#link.hostId,
        session_id,
        file,
        state: 'waiting',
        tries: 0,
        done: 0,
        toDraft,
        arrived,
        failed,
      }),
    )
    this.items.value = [...this.items.peek(), ...items]
    this.#go()
  }

  /** Not any more, whatever has become of it. */
  drop(id: number): void {
    this.items.value = this.items.peek().filter(item => item.id !== id)
    if (this.#running?.id === id) this.#running.abort.abort()
  }

  again(id: number): void {
    this.#change(id, { state: 'waiting', tries: 0, done: 0 })
    this.#go()
  }

  #go(): void {
    const item = this.items.peek().find(({ state }) => state === 'waiting')
    if (this.#running || !item || this.#link.state.peek().name !== 'ready') return
    const abort = new AbortController()
    this.#running = { id: item.id, abort }
    void this.#send(item, abort.signal).finally(() => {
      this.#running = undefined
      this.#go()
    })
  }

  async #send({ id, session_id, file, tries, arrived, failed }: UploadItem, signal: AbortSignal): Promise<void> {
    this.#change(id, { state: 'sending', tries: tries + 1, done: 0 })
    try {
      const path = await this.#link.client.upload(session_id, named(file), {
        signal,
        progress: done => this.#change(id, { done }),
      })
      if (!this.items.peek().some(item => item.id === id)) return
      if (arrived(path)) this.drop(id)
      else this.#change(id, { state: 'arrived', path })
    } catch (error) {
      const { why, again, connection } = reason(error)
      if (connection && tries + 1 < TRIES) this.#change(id, { state: 'waiting', done: 0 })
      else if (this.items.peek().some(item => item.id === id)) {
        this.#change(id, { state: 'failed', why, again })
        failed(why)
      }
    }
  }

  #change(id: number, change: Partial<UploadItem>): void {
    this.items.value = this.items.peek().map(item => (item.id === id ? { ...item, ...change } : item))
  }
}

const ofLinks = new WeakMap<HostLink, Uploads>()

/** All that are under way over `link`, whichever session they are for. */
export function uploadsOf(link: HostLink): Uploads {
  const uploads = ofLinks.get(link) ?? new Uploads(link)
  ofLinks.set(link, uploads)
  return uploads
}

/** With a name that the wire takes: the end of a long one says what it is. */
function named(file: File): Source {
  return {
    name: file.name.slice(-FILE_NAME_CHARACTERS) || 'file',
    size: file.size,
    slice: (from, to) => file.slice(from, to),
  }
}

function reason(error: unknown): { why: string; again: boolean; connection?: boolean } {
  // Browsers give up a file that was moved or changed since it was chosen.
  if (!(error instanceof CodedError)) return { why: 'this phone could not read it', again: true }
  const { code, message } = toCoded(error)
  switch (code) {
    case 'connection_lost':
    case 'probe_failed':
    case 'request_timeout':
    case 'unreachable':
    case 'stalled':
      return { why: 'the connection was lost', again: true, connection: true }
    case 'upload_too_large':
    case 'device_read_only':
    case 'session_ended':
    case 'session_unknown':
      return { why: message, again: false }
    default:
      return { why: message, again: true }
  }
}

/** Asks the person for photos or files, by the phone's own means; none when they chose none. To be called from a tap. */
export function chooseFiles(): Promise<File[]> {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.hidden = true
  // In the page: Safari may forget one that is not.
  document.body.append(input)
  return new Promise<File[]>(resolve => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]))
    input.addEventListener('cancel', () => resolve([]))
    input.click()
  }).finally(() => input.remove())
}
