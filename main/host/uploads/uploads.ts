// Files that clients bring, in a folder for each session. Written beside and put in place when they are whole. Knows nothing
// of clients, frames or sessions.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'
import { numberedName, safeName } from './file-name.ts'

export interface UploadLimits {
  /** One file; 0: none is taken. */
  file_bytes: number
  total_bytes: number
}

export interface UploadsOptions {
  folder: string
  limits: () => UploadLimits
  log: { error(what: object, message: string): void }
}

/** A file that is being written. */
export interface Upload {
  write(bytes: Uint8Array): Promise<void>
  /** Puts it in place and returns its path. */
  finish(): Promise<string>
  /** Leaves nothing behind. Twice is fine, and after `finish` nothing. */
  discard(): Promise<void>
  /** The session is gone: rejects whatever comes, and `gone` is called. */
  gone: () => void
}

/** Files of one name in a folder; who has more calls them something else. */
const MOST_NUMBERED = 1_000

/** As many characters of a session's id as are unique. */
const FOLDER_CHARACTERS = 13

/** Names of ours never begin with a dot. */
const UNFINISHED = '.unfinished-'

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

export class Uploads {
  readonly #options: UploadsOptions
  readonly #folder: string
  /** In files that are there, and promised to those under way. */
  #bytes = 0
  readonly #open = new Map<Upload, { folder: string; size: number }>()
  readonly #ready: Promise<void>
  #closed = false

  /** What an earlier host left unfinished is removed. */
  constructor(options: UploadsOptions) {
    this.#options = options
    this.#folder = resolve(options.folder)
    this.#ready = this.#look().catch(error => options.log.error({ err: error }, 'the uploads could not be counted'))
  }

  /** Throws `upload_too_large`, `upload_full`, `upload_refused`. */
  async begin(session_id: string, name: string, size: number): Promise<Upload> {
    await this.#ready
    const { file_bytes, total_bytes } = this.#options.limits()
    if (file_bytes === 0) throw new CodedError('upload_refused', 'this host takes no files')
    if (size > file_bytes)
      throw new CodedError(
        'upload_too_large',
        `the file is larger than the ${megabytes(file_bytes)} that this host takes`,
      )
    // Somebody may have made room by hand.
    if (this.#bytes + size > total_bytes) await this.#countAgain()
    if (this.#bytes + size > total_bytes)
      throw new CodedError('upload_full', `this host keeps ${megabytes(total_bytes)} of files; remove some first`)
    if (this.#closed) throw new CodedError('host_stopping', 'the host is stopping')
    this.#bytes += size
    let dropped = false
    const release = (): boolean => {
      if (dropped) return false
      dropped = true
      this.#bytes -= size
      this.#open.delete(upload)
      return true
    }
    let file: FileHandle | undefined
    let temporary = ''
    const folder = join(this.#folder, folderOf(session_id))
    // One thing after the other, whatever is asked meanwhile.
    let last: Promise<unknown> = Promise.resolve()
    const then = <T>(work: () => Promise<T>): Promise<T> => {
      const mine = last.then(() => {
        if (dropped) throw new CodedError('cancelled', 'this upload has ended')
        return refusing(work)
      })
      last = mine.catch(() => {})
      return mine
    }
    const upload: Upload = {
      write: bytes =>
        then(async () => {
          for (let at = 0; at < bytes.length; ) at += (await file!.write(bytes, at)).bytesWritten
        }),
      finish: () =>
        then(async () => {
          await file!.sync()
          await file!.close()
          const path = await putInPlace(temporary, folder, safeName(name))
          if (dropped) {
            await rm(path, { force: true })
            throw new CodedError('cancelled', 'this upload has ended')
          }
          dropped = true
          this.#open.delete(upload)
          return path
        }),
      discard: async () => {
        if (!release()) return
        await last
        await file?.close().catch(() => {}) // it was closed
        if (temporary !== '') await rm(temporary, { force: true }).catch(error => this.#failed(error))
      },
      gone: () => {},
    }
    this.#open.set(upload, { folder, size })
    try {
      await then(async () => {
        await ownFolder(this.#folder)
        await ownFolder(folder)
        temporary = join(folder, UNFINISHED + randomUUID())
        file = await open(temporary, NEW_FILE, 0o600)
      })
      return upload
    } catch (error) {
      await upload.discard()
      throw error
    }
  }

  /** Removes what was brought to a session. */
  async removeSession(session_id: string): Promise<void> {
    await this.#forget(folderOf(session_id))
  }

  /** Removes the folders of sessions that are not known any more. `knows` is asked with the beginning of an id. */
  async sweep(knows: (id: string) => Promise<boolean>): Promise<void> {
    await this.#ready
    for (const name of await names(this.#folder)) if (!(await knows(name))) await this.#forget(name)
  }

  /** Nothing unfinished is left. Twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#ready
    await Promise.all([...this.#open.keys()].map(upload => upload.discard()))
  }

  async #forget(name: string): Promise<void> {
    await this.#ready
    const folder = join(this.#folder, name)
    for (const [upload, { folder: where }] of [...this.#open]) {
      if (where !== folder) continue
      upload.gone()
      await upload.discard()
    }
    try {
      const bytes = await bytesIn(folder)
      // Links are removed, not followed (Node's docs, fs.rm).
      await rm(folder, { recursive: true, force: true })
      this.#bytes = Math.max(0, this.#bytes - bytes)
    } catch (error) {
      this.#failed(error)
    }
  }

  async #look(): Promise<void> {
    if (!(await isFolder(this.#folder))) return
    for (const name of await names(this.#folder)) {
      const folder = join(this.#folder, name)
      if (!(await isFolder(folder))) continue
      for (const file of await names(folder))
        if (file.startsWith(UNFINISHED)) await rm(join(folder, file), { force: true })
      this.#bytes += await bytesIn(folder)
    }
  }

  /** What comes to its end meanwhile may be counted twice, until the next time. */
  async #countAgain(): Promise<void> {
    const before = this.#bytes
    let bytes = 0
    for (const { size } of this.#open.values()) bytes += size
    for (const name of await names(this.#folder)) bytes += await bytesIn(join(this.#folder, name))
    this.#bytes = Math.max(0, bytes + this.#bytes - before)
  }

  #failed(error: unknown): void {
    this.#options.log.error({ err: error }, 'an upload could not be removed')
  }
}

/** Reserves the first name that nobody has, so that nothing is ever replaced. */
async function putInPlace(temporary: string, folder: string, name: string): Promise<string> {
  for (let number = 1; number <= MOST_NUMBERED; number++) {
    const path = join(folder, number === 1 ? name : numberedName(name, number))
    try {
      await (await open(path, NEW_FILE, 0o600)).close()
    } catch (error) {
      // ELOOP: a link has that name.
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
  throw new CodedError('upload_refused', `${MOST_NUMBERED} files are called ${name} already`)
}

/** A folder of this user alone, and not a way to somewhere else. */
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

/** In the finished files of a folder; links and what lies deeper is somebody else's. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await names(folder)) {
    if (name.startsWith(UNFINISHED)) continue
    const found = await lstat(join(folder, name)).catch(() => undefined)
    if (found?.isFile()) bytes += found.size
  }
  return bytes
}

function folderOf(session_id: string): string {
  return session_id.slice(0, FOLDER_CHARACTERS)
}

function megabytes(bytes: number): string {
  return `${bytes / 1_000_000} MB`
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('upload_refused', `the file cannot be written: ${why}`, { cause })
  }
}
