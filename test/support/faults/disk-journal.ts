// What a disk may hold after the power is cut: made from the journal that disk-journal.c writes of a program's writes and syncs.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const KINDS = ['', 'write', 'truncate', 'sync_begin', 'sync_end', 'create', 'rename', 'unlink', 'folder_sync'] as const

interface DiskRecord {
  kind: (typeof KINDS)[number]
  /** Milliseconds of the monotonic clock, like process.hrtime(). */
  at: number
  file: number
  offset: number
  data: Buffer
}

/** struct record in disk-journal.c. */
const HEADER_BYTES = 32

/** What a disk writes as a whole, or not at all. */
const SECTOR_BYTES = 512

/** Compiles the library; programs load it with LD_PRELOAD. */
export function compileDiskJournal(folder: string): string {
  const library = join(folder, 'disk-journal.so')
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, join(import.meta.dirname, 'disk-journal.c'), '-ldl'])
  return library
}

/** The environment with which a program's writes below `folder` are written down in `journal`. */
export function journalEnvironment(library: string, folder: string, journal: string): NodeJS.ProcessEnv {
  return { LD_PRELOAD: library, OTG_DISK_FOLDER: folder, OTG_DISK_JOURNAL: journal, UV_USE_IO_URING: '0' }
}

/** What happens to a write that was not synced before the cut: the system may have written it, or parts of it. */
export type Unsynced = 'lost' | 'kept' | 'mixed' | 'torn'

export class DiskJournal {
  readonly #folder: string
  readonly #records: DiskRecord[] = []

  /** `folder`: the one that was watched. */
  constructor(journal: string, folder: string) {
    this.#folder = folder
    const all = readFileSync(journal)
    for (let at = 0; at + HEADER_BYTES <= all.length; ) {
      const kind = KINDS[all.readUInt32LE(at + 24)]!
      const length = Number(all.readBigUInt64LE(at + 16))
      const data = all.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length)
      this.#records.push({
        kind,
        at: Number(all.readBigUInt64LE(at)) / 1e6,
        file: all.readUInt32LE(at + 28),
        offset: Number(all.readBigUInt64LE(at + 8)),
        data,
      })
      at += HEADER_BYTES + length
    }
  }

  get first(): number {
    return this.#records[0]!.at
  }

  get last(): number {
    return this.#records.at(-1)!.at
  }

  /** Syncs that began in this time. */
  syncs(from: number, to: number): number {
    return this.#records.filter(({ kind, at }) => kind === 'sync_begin' && at >= from && at < to).length
  }

  /** Milliseconds that the slowest sync took: what a busy disk adds to every bound. */
  get slowestSync(): number {
    const syncs = this.#records.filter(({ kind }) => kind === 'sync_end' || kind === 'folder_sync')
    return Math.max(0, ...syncs.map(({ at, offset }) => at - this.#records[offset]!.at))
  }

  /** Writes to the folder `to` what the disk holds when the power is cut at `time`. */
  cut(time: number, unsynced: Unsynced, random: () => number, to: string): void {
    const done = this.#records.filter(({ at }) => at <= time)
    const syncedUpTo = new Map<number, number>()
    let namesUpTo = 0
    for (const { kind, file, offset } of done) {
      // What was written while a sync ran is not synced by it. Its offset is the number of the record of its begin.
      if (kind === 'sync_end') syncedUpTo.set(file, Math.max(offset, syncedUpTo.get(file) ?? 0))
      else if (kind === 'folder_sync') namesUpTo = offset
    }
    // File systems write names in order: some of those that are not synced may be there.
    const namesKept = unsynced === 'lost' ? 0 : unsynced === 'kept' ? done.length : Math.floor(random() * done.length)
    const names = new Map<string, number>()
    const contents = new Map<number, Content>()
    for (const [index, record] of done.entries()) {
      const { kind, file, offset, data } = record
      if (kind === 'write' || kind === 'truncate') {
        const content = contents.get(file) ?? new Content()
        contents.set(file, content)
        const isSynced = index < (syncedUpTo.get(file) ?? -1)
        if (kind === 'truncate') {
          if (isSynced || isKept(unsynced, random)) content.truncate(offset)
        } else if (isSynced || unsynced === 'kept') content.write(offset, data)
        else if (unsynced === 'mixed' && random() < 0.5) content.write(offset, data)
        else if (unsynced === 'torn')
          for (let at = 0; at < data.length; at += SECTOR_BYTES)
            if (random() < 0.7) content.write(offset + at, data.subarray(at, at + SECTOR_BYTES))
        continue
      }
      if (index > namesUpTo && index > namesKept) continue
      const path = data.toString()
      if (kind === 'create') names.set(path, file)
      else if (kind === 'unlink') names.delete(path)
      else if (kind === 'rename') {
        const [from, into] = path.split('\n') as [string, string]
        const moved = names.get(from)
        if (moved !== undefined) names.set(into, moved)
        names.delete(from)
      }
    }
    for (const [name, file] of names) {
      const path = join(to, name.slice(this.#folder.length))
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileSync(path, contents.get(file)?.bytes() ?? '', { mode: 0o600 })
    }
  }
}

function isKept(unsynced: Unsynced, random: () => number): boolean {
  return unsynced === 'kept' || (unsynced !== 'lost' && random() < 0.5)
}

class Content {
  #buffer = Buffer.alloc(64 * 1024)
  #length = 0

  write(offset: number, data: Buffer): void {
    const end = offset + data.length
    if (end > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(end, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    data.copy(this.#buffer, offset)
    this.#length = Math.max(this.#length, end)
  }

  truncate(length: number): void {
    if (length < this.#length) this.#buffer.fill(0, length, this.#length)
    this.write(length, Buffer.alloc(0))
    this.#length = length
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }
}
