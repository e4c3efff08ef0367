// Uploads of files from this phone to the host, one after another. They continue when their session is left.
import { effect, signal } from '@preact/signals'
import type { Source } from '../../protocol/client/upload-client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import { FILE_NAME_CHARACTERS } from '../../protocol/limits.ts'
import type { HostLink } from '../connection/host-link.ts'

/** Attempts per file. An upload that breaks the connection each time must not repeat without end. */
const MAX_TRIES = 5

export interface UploadItem {
  id: number
  /** The host it is for (`HostLink.hostId`), and a session there. */
  host: string | undefined
  session_id: string
  file: File
  /** `arrived`: uploaded, but the session was not open to take its path. */
  state: 'waiting' | 'sending' | 'failed' | 'arrived'
  tries: number
  /** Bytes that the host has received. */
  sentBytes: number
  /** Why it failed, as the end of a sentence, and whether trying again may help. */
  reason?: string
  retryable?: boolean
  /** Insert its path into the composed text. */
  toDraft: boolean
  /** Its path on the host, once it has arrived. */
  path?: string
  /** Inserts the path; false if the session has been left. */
  arrived: (path: string) => boolean
  /** Called with the reason: the session that shows the failure may not be open. */
  failed: (reason: string) => void
}

export type { Uploads }

class Uploads {
  /** Oldest first. Uploads whose path was inserted are removed. */
  readonly items = signal<UploadItem[]>([])
  readonly #link: HostLink
  #running: { id: number; abort: AbortController } | undefined
  #next = 1

  /** Exists as long as the page. */
  constructor(link: HostLink) {
    this.#link = link
    // Choosing a photo may suspend the page: files wait until the connection is back.
    effect(() => {
      if (link.state.value.name !== 'ready') return
      // After pairing with another host, nothing chosen for the previous one may go there.
      const { hostId } = link
      for (const { id, host } of this.items.peek()) if (host !== hostId) this.drop(id)
      this.#startNext()
    })
  }

  /** Uploads `files`. `arrived` is called with each path on the host. */
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
        sentBytes: 0,
        toDraft,
        arrived,
        failed,
      }),
    )
    this.items.value = [...this.items.peek(), ...items]
    this.#startNext()
  }

  /** Cancels or removes an upload. */
  drop(id: number): void {
    this.items.value = this.items.peek().filter(item => item.id !== id)
    if (this.#running?.id === id) this.#running.abort.abort()
  }

  retry(id: number): void {
    this.#change(id, { state: 'waiting', tries: 0, sentBytes: 0 })
    this.#startNext()
  }

  #startNext(): void {
    const item = this.items.peek().find(({ state }) => state === 'waiting')
    if (this.#running || !item || this.#link.state.peek().name !== 'ready') return
    const abort = new AbortController()
    this.#running = { id: item.id, abort }
    void this.#send(item, abort.signal).finally(() => {
      this.#running = undefined
      this.#startNext()
    })
  }

  async #send({ id, session_id, file, tries, arrived, failed }: UploadItem, signal: AbortSignal): Promise<void> {
    this.#change(id, { state: 'sending', tries: tries + 1, sentBytes: 0 })
    try {
      const path = await this.#link.client.upload(session_id, toSource(file), {
        signal,
        progress: done => this.#change(id, { sentBytes: done }),
      })
      if (!this.items.peek().some(item => item.id === id)) return
      if (arrived(path)) this.drop(id)
      else this.#change(id, { state: 'arrived', path })
    } catch (error) {
      const { reason, retryable, connection } = classify(error)
      if (connection && tries + 1 < MAX_TRIES) this.#change(id, { state: 'waiting', sentBytes: 0 })
      else if (this.items.peek().some(item => item.id === id)) {
        this.#change(id, { state: 'failed', reason, retryable })
        failed(reason)
      }
    }
  }

  #change(id: number, change: Partial<UploadItem>): void {
    this.items.value = this.items.peek().map(item => (item.id === id ? { ...item, ...change } : item))
  }
}

const ofLinks = new WeakMap<HostLink, Uploads>()

/** The uploads over `link`, for all sessions. */
export function uploadsOf(link: HostLink): Uploads {
  const uploads = ofLinks.get(link) ?? new Uploads(link)
  ofLinks.set(link, uploads)
  return uploads
}

/** Shortens the name to the protocol's limit; the end of a long name says the most (its extension). */
function toSource(file: File): Source {
  return {
    name: file.name.slice(-FILE_NAME_CHARACTERS) || 'file',
    size: file.size,
    slice: (from, to) => file.slice(from, to),
  }
}

function classify(error: unknown): { reason: string; retryable: boolean; connection?: boolean } {
  // Browsers fail to read a file that was moved or changed since it was chosen.
  if (!(error instanceof CodedError)) return { reason: 'this phone could not read it', retryable: true }
  const { code, message } = toCoded(error)
  switch (code) {
    case 'connection_lost':
    case 'probe_failed':
    case 'request_timeout':
    case 'unreachable':
    case 'stalled':
      return { reason: 'the connection was lost', retryable: true, connection: true }
    case 'upload_too_large':
    case 'device_read_only':
    case 'session_ended':
    case 'session_unknown':
      return { reason: message, retryable: false }
    default:
      return { reason: message, retryable: true }
  }
}

/** Opens the phone's picker for photos and files; none if the user cancels. Call from a tap. */
export function chooseFiles(): Promise<File[]> {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.hidden = true
  // In the document: Safari may garbage-collect an input that is not.
  document.body.append(input)
  return new Promise<File[]>(resolve => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]))
    input.addEventListener('cancel', () => resolve([]))
    input.click()
  }).finally(() => input.remove())
}
