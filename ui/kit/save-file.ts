// Hands a file to the person: the system asks where to put it. Knows nothing of what is in it.

/** Long enough for the system to have taken it over. */
const KEPT_MS = 60_000

export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
}

/** Parts of a file that come one after the other; what is large lies in the browser's store, not in this page. */
export class FileChunks {
  #blobs: Blob[] = []
  #waiting: Uint8Array<ArrayBuffer>[] = []
  #bytes = 0

  add(part: Uint8Array): void {
    this.#waiting.push(new Uint8Array(part))
    this.#bytes += part.length
    if (this.#bytes >= STORED_BYTES) this.#store()
  }

  toBlob(type: string): Blob {
    this.#store()
    return new Blob(this.#blobs, { type })
  }

  #store(): void {
    this.#blobs.push(new Blob(this.#waiting))
    this.#waiting = []
    this.#bytes = 0
  }
}

/** Collected before they are handed to the store. */
const STORED_BYTES = 4 * 1024 * 1024

/** A name that every file system takes, and that says when it was. */
export function fileName(title: string, created_at: number | undefined, extension: string): string {
  const name = title
    .replace(/[^\p{L}\p{N} ._-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[ .]+|[ .]+$/g, '')
  const day = created_at === undefined ? '' : ` ${new Date(created_at).toISOString().slice(0, 10)}`
  return `${name.slice(0, 80) || 'session'}${day}.${extension}`
}
