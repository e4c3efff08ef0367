// Saves a file as a download, and collects large files in chunks.

/** Long enough for the browser to have read the file. */
const KEEP_URL_MS = 60_000

export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS)
}

/** Collects a file's chunks in Blobs: large ones are in the browser's storage, not in the page's memory. */
export class FileChunks {
  #blobs: Blob[] = []
  #waiting: Uint8Array<ArrayBuffer>[] = []
  #bytes = 0

  add(chunk: Uint8Array): void {
    this.#waiting.push(new Uint8Array(chunk))
    this.#bytes += chunk.length
    if (this.#bytes >= BLOB_BYTES) this.#store()
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

/** How much is collected before it is put into a Blob. */
const BLOB_BYTES = 4 * 1024 * 1024

/** A file name that is valid in every file system: the title, the day, and the extension. */
export function fileName(title: string, created_at: number | undefined, extension: string): string {
  const name = title
    .replace(/[^\p{L}\p{N} ._-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[ .]+|[ .]+$/g, '')
  const day = created_at === undefined ? '' : ` ${new Date(created_at).toISOString().slice(0, 10)}`
  return `${name.slice(0, 80) || 'session'}${day}.${extension}`
}
