// Files on their way from this phone to a session's computer, one after another. Knows no layout, and nothing of what is
// done with the paths.
import { effect, signal } from '@preact/signals'
import { CodedError, toCoded } from '../protocol/errors.ts'
import { FILE_NAME_CHARACTERS } from '../protocol/limits.ts'
import type { Source } from '../protocol/upload-client.ts'
import type { HostLink } from './host-link.ts'

export interface UploadItem {
  id: number
  file: File
  state: 'waiting' | 'sending' | 'failed'
  /** Bytes that the host has. */
  done: number
  /** Why it failed, and whether trying again may help. */
  why?: string
  again?: boolean
  /** Its path belongs into a text that is being composed. */
  toDraft: boolean
  arrived: (path: string) => void
}

export class Uploads {
  /** Oldest first; what has arrived is gone from it. */
  readonly items = signal<UploadItem[]>([])
  readonly #link: HostLink
  readonly #session_id: () => string | undefined
  readonly #stop: () => void
  #running: { id: number; abort: AbortController } | undefined
  #next = 1

  constructor(link: HostLink, session_id: () => string | undefined) {
    this.#link = link
    this.#session_id = session_id
    // Choosing a photo may put the page to sleep: what was chosen waits for the connection to be back.
    this.#stop = effect(() => {
      if (link.state.value.name === 'ready') this.#go()
    })
  }

  /** `arrived` is told the path of each on the session's computer. */
  add(files: readonly File[], toDraft: boolean, arrived: (path: string) => void): void {
    const items = files.map(
      (file): UploadItem => ({ id: this.#next++, file, state: 'waiting', done: 0, toDraft, arrived }),
    )
    this.items.value = [...this.items.peek(), ...items]
    this.#go()
  }

  /** Not any more, under way or not. */
  cancel(id: number): void {
    this.items.value = this.items.peek().filter(item => item.id !== id)
    if (this.#running?.id === id) this.#running.abort.abort()
  }

  again(id: number): void {
    this.#change(id, { state: 'waiting', done: 0 })
    this.#go()
  }

  /** How many are dropped by it. Twice is fine. */
  dispose(): number {
    this.#stop()
    const left = this.items.peek()
    this.items.value = []
    this.#running?.abort.abort()
    return left.filter(({ state }) => state !== 'failed').length
  }

  #go(): void {
    const session_id = this.#session_id()
    const item = this.items.peek().find(({ state }) => state === 'waiting')
    if (this.#running || !item || !session_id || this.#link.state.peek().name !== 'ready') return
    const abort = new AbortController()
    this.#running = { id: item.id, abort }
    void this.#send(session_id, item, abort.signal).finally(() => {
      this.#running = undefined
      this.#go()
    })
  }

  async #send(session_id: string, { id, file, arrived }: UploadItem, signal: AbortSignal): Promise<void> {
    this.#change(id, { state: 'sending', done: 0 })
    try {
      const path = await this.#link.client.upload(session_id, named(file), {
        signal,
        progress: done => this.#change(id, { done }),
      })
      if (!this.items.peek().some(item => item.id === id)) return
      this.items.value = this.items.peek().filter(item => item.id !== id)
      arrived(path)
    } catch (error) {
      this.#change(id, { state: 'failed', ...reason(error) })
    }
  }

  #change(id: number, change: Partial<UploadItem>): void {
    this.items.value = this.items.peek().map(item => (item.id === id ? { ...item, ...change } : item))
  }
}

/** With a name that the wire takes: the end of a long one says what it is. */
function named(file: File): Source {
  return {
    name: file.name.slice(-FILE_NAME_CHARACTERS) || 'file',
    size: file.size,
    slice: (from, to) => file.slice(from, to),
  }
}

function reason(error: unknown): { why: string; again: boolean } {
  // Browsers give up a file that was moved or changed since it was chosen.
  if (!(error instanceof CodedError)) return { why: 'this phone could not read it', again: true }
  const { code, message } = toCoded(error)
  switch (code) {
    case 'connection_lost':
    case 'probe_failed':
    case 'request_timeout':
    case 'unreachable':
    case 'stalled':
      return { why: 'the connection was lost', again: true }
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
