// Uploaded files, in a folder per session. A file is written under a temporary name and renamed when it is complete.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { CHUNK_BYTES, MAX_CHUNKS_AHEAD } from '../../../protocol/limits.ts'
import type { Logger } from '../log/logger.ts'
import { numberedName, safeName } from './file-name.ts'

export interface UploadLimits {
  /** Of one file; 0: uploads are off. */
  file_bytes: number
  total_bytes: number
}

export interface UploadsOptions {
  folder: string
  limits: () => UploadLimits
  log: Pick<Logger, 'error'>
}

/** A file that is being written. */
export interface Upload {
  write(bytes: Uint8Array): Promise<void>
  /** Renames it to its final name and returns its path. */
  finish(): Promise<string>
  /** Resolves when no trace of it is left, also when it was called before. After `finish` it does nothing. */
  discard(): Promise<void>
  /** Called when the session was deleted; further writes reject. */
  gone: () => void
}

/** Reserved for an upload before it arrives: what may be on its way. One that sends nothing takes no more from the others. */
const AHEAD_BYTES = MAX_CHUNKS_AHEAD * CHUNK_BYTES

/** Files with one name in a folder. */
const MAX_NUMBERED = 1_000

/** Enough characters of a session's id to be unique. */
const FOLDER_CHARACTERS = 13

/** How often uploads are removed whose session was deleted. */
const SWEEP_MS = 3_600_000

/** Names of finished files never begin with a dot. */
const UNFINISHED = '.unfinished-'

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

export class Uploads {
  readonly #options: UploadsOptions
  readonly #folder: string
  /** Size of the finished files, plus the space reserved for unfinished ones: what they have, and AHEAD_BYTES more. */
  #bytes = 0
  /** Uploads in progress, until they are in place or removed from the disk. `size`: what is reserved, 0 once discarded. */
  readonly #open = new Map<Upload, { folder: string; size: number }>()
  /** Folders being removed. */
  readonly #removals = new Set<Promise<void>>()
  readonly #ready: Promise<void>
  #sweeping: NodeJS.Timeout | undefined
  #closed = false

  /** Removes files that an earlier host left unfinished. */
  constructor(options: UploadsOptions) {
    this.#options = options
    this.#folder = resolve(options.folder)
    this.#ready = this.#scan().catch(error => options.log.error({ err: error }, 'the uploads could not be counted'))
  }

  /** Throws `upload_too_large`, `upload_full`, `upload_refused`. */
  async begin(session_id: string, name: string, size: number): Promise<Upload> {
    await this.#ready
    const { file_bytes, total_bytes } = this.#options.limits()
    if (file_bytes === 0) throw new CodedError('upload_refused', 'uploads are turned off on this host')
    if (size > file_bytes)
      throw new CodedError(
        'upload_too_large',
        `the file is larger than ${megabytes(file_bytes)}, the limit of this host`,
      )
    // The user may have deleted files.
    if (this.#bytes + size > total_bytes) await this.#countAgain()
    if (this.#bytes + size > total_bytes) throw uploadFull(total_bytes)
    if (this.#closed) throw new CodedError('host_stopping', 'the host is stopping')
    let received = 0
    const entry = { folder: join(this.#folder, folderOf(session_id)), size: 0 }
    /** Throws `upload_full`. Without an `await`: no other upload takes the space between the check and the reservation. */
    const reserve = () => {
      const wanted = Math.min(size, received + AHEAD_BYTES)
      if (this.#bytes + wanted - entry.size > total_bytes) throw uploadFull(total_bytes)
      this.#bytes += wanted - entry.size
      entry.size = wanted
    }
    reserve()
    /** Set once the file is in place or discarded: nothing more is done to it. */
    let ended: Promise<void> | undefined
    let file: FileHandle | undefined
    let temporary = ''
    const { folder } = entry
    // Operations run one after the other.
    let last: Promise<unknown> = Promise.resolve()
    const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
      const result = last.then(() => {
        if (ended) throw new CodedError('cancelled', 'this upload has ended')
        return withUploadErrors(work)
      })
      last = result.catch(() => {})
      return result
    }
    /** Frees the space at once; the entry stays until the file is gone, so that close() waits for it. */
    const remove = async () => {
      this.#bytes -= entry.size
      entry.size = 0
      await last
      await file?.close().catch(() => {}) // it is closed already
      if (temporary !== '') await rm(temporary, { force: true }).catch(error => this.#removalFailed(session_id, error))
      this.#open.delete(upload)
    }
    const upload: Upload = {
      write: bytes =>
        inOrder(async () => {
          received += bytes.length
          reserve()
          for (let at = 0; at < bytes.length; ) at += (await file!.write(bytes, at)).bytesWritten
        }),
      finish: () =>
        inOrder(async () => {
          await file!.sync()
          await file!.close()
          const path = await renameToUnused(temporary, folder, safeName(name))
          if (ended) {
            await rm(path, { force: true })
            throw new CodedError('cancelled', 'this upload has ended')
          }
          ended = Promise.resolve()
          this.#open.delete(upload)
          return path
        }),
      discard: () => {
        ended ??= remove()
        return ended
      },
      gone: () => {},
    }
    this.#open.set(upload, entry)
    try {
      await inOrder(async () => {
        await ownFolder(this.#folder)
        await ownFolder(folder)
        temporary = join(folder, UNFINISHED + randomUUID())
        file = await open(temporary, NEW_FILE, 0o600)
      })
      if (ended) throw new CodedError('cancelled', 'this upload has ended')
      return upload
    } catch (error) {
      await upload.discard()
      throw error
    }
  }

  /** Removes all files of a session. An id that no session can have has none. */
  async removeSession(session_id: string): Promise<void> {
    if (isFolderName(session_id)) await this.#removeFolder(folderOf(session_id))
  }

  /** Sweeps now and then, because sessions are deleted for their age, too. `find` rejects with `session_unknown`. */
  startSweeping(find: (id: string) => Promise<unknown>, isHistoryLost: () => boolean): void {
    const isKnown = (id: string) =>
      find(id).then(
        () => true,
        error => toCoded(error).code !== 'session_unknown',
      )
    const sweep = () => {
      // Its sessions' files are all that is left of them; their folders may be known again after `otg restore`.
      if (isHistoryLost()) return
      const failed = (error: unknown) => {
        this.#options.log.error({ err: error }, 'uploads of deleted sessions could not be removed')
      }
      void this.sweep(isKnown).catch(failed)
    }
    sweep()
    this.#sweeping = setInterval(sweep, SWEEP_MS).unref()
  }

  /** Removes the folders of deleted sessions. `isKnown` is called with the prefix of an id. */
  async sweep(isKnown: (id: string) => Promise<boolean>): Promise<void> {
    await this.#ready
    for (const name of await names(this.#folder)) if (!(await isKnown(name))) await this.#removeFolder(name)
  }

  /** When it resolves, no unfinished file is left, and nothing is written or removed from then on. Twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweeping)
    await this.#ready
    // Also those whose client has discarded them already: their files may not be gone yet.
    await Promise.all([...this.#open.keys()].map(upload => upload.discard()))
    await Promise.all(this.#removals)
  }

  async #removeFolder(name: string): Promise<void> {
    await this.#ready
    // The folder may be another host's by now; that host removes what belongs to no session.
    if (this.#closed) return
    const removal = this.#remove(name)
    this.#removals.add(removal)
    await removal.finally(() => this.#removals.delete(removal))
  }

  /** Never rejects. */
  async #remove(name: string): Promise<void> {
    const folder = join(this.#folder, name)
    for (const [upload, target] of [...this.#open]) {
      if (target.folder !== folder) continue
      upload.gone()
      await upload.discard()
    }
    try {
      const bytes = await bytesIn(folder)
      // Symbolic links are removed, not followed (Node's docs, fs.rm).
      await rm(folder, { recursive: true, force: true })
      this.#bytes = Math.max(0, this.#bytes - bytes)
    } catch (error) {
      this.#removalFailed(name, error)
    }
  }

  async #scan(): Promise<void> {
    if (!(await isFolder(this.#folder))) return
    for (const name of await names(this.#folder)) {
      const folder = join(this.#folder, name)
      if (!(await isFolder(folder))) continue
      for (const file of await names(folder))
        if (file.startsWith(UNFINISHED)) await rm(join(folder, file), { force: true })
      this.#bytes += await bytesIn(folder)
    }
  }

  /** An upload that ends during the count may be counted twice, until the next count. */
  async #countAgain(): Promise<void> {
    const before = this.#bytes
    let bytes = 0
    for (const { size } of this.#open.values()) bytes += size
    for (const name of await names(this.#folder)) bytes += await bytesIn(join(this.#folder, name))
    this.#bytes = Math.max(0, bytes + this.#bytes - before)
  }

  /** `session`: an id, or the prefix of one that names a folder. */
  #removalFailed(session: string, error: unknown): void {
    this.#options.log.error({ err: error, session }, 'an upload could not be removed')
  }
}

/** Reserves the first unused name, so that no file is ever replaced. */
async function renameToUnused(temporary: string, folder: string, name: string): Promise<string> {
  for (let number = 1; number <= MAX_NUMBERED; number++) {
    const path = join(folder, number === 1 ? name : numberedName(name, number))
    try {
      await (await open(path, NEW_FILE, 0o600)).close()
    } catch (error) {
      // ELOOP: a symbolic link has that name.
      if (['EEXIST', 'ELOOP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) continue
      throw error
    }
    try {
      await rename(temporary, path)
      return path
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
  }
  throw new CodedError('upload_refused', `there are ${MAX_NUMBERED} files named ${name} already`)
}

/** Creates a folder for this user only. Throws `upload_refused` for a symbolic link. */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch(error => {
    if (error.code !== 'EEXIST') throw error
  })
  if (!(await isFolder(folder))) throw new CodedError('upload_refused', `${folder} is not a folder`)
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true
}

async function names(folder: string): Promise<string[]> {
  return (await isFolder(folder)) ? readdir(folder) : []
}

/** Size of the finished files in a folder, without links and subfolders, which are not ours. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await names(folder)) {
    if (name.startsWith(UNFINISHED)) continue
    const found = await lstat(join(folder, name)).catch(() => undefined)
    if (found?.isFile()) bytes += found.size
  }
  return bytes
}

/** False for what would lead elsewhere: an id may come from a database that somebody else has made. */
function isFolderName(session_id: string): boolean {
  return /^[\w-]+$/.test(session_id)
}

/** Throws `session_unknown`. */
function folderOf(session_id: string): string {
  if (!isFolderName(session_id)) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
  return session_id.slice(0, FOLDER_CHARACTERS)
}

function uploadFull(total_bytes: number): CodedError {
  return new CodedError('upload_full', `this host keeps at most ${megabytes(total_bytes)} of files; remove some first`)
}

function megabytes(bytes: number): string {
  return `${bytes / 1_000_000} MB`
}

/** Throws errors of the file system as `upload_refused`. */
async function withUploadErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('upload_refused', `the file cannot be written: ${why}`, { cause })
  }
}
