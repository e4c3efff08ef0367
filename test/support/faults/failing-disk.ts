// Calls on the files of a folder, and calls that start a process or accept a connection, that fail in a chosen program: failing-disk.c
// makes them fail.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'

/** struct control in failing-disk.c. */
const CONTROL_BYTES = 40

/** enum in failing-disk.c. */
const KINDS = { write: 1, sync: 2, open: 4, truncate: 8, rename: 16, fork: 32, accept: 64 } as const

export type FailingCall = keyof typeof KINDS

export type DiskError =
  | 'ENOSPC'
  | 'EIO'
  | 'EMFILE'
  | 'ENFILE'
  | 'EROFS'
  | 'EDQUOT'
  | 'EAGAIN'
  | 'ENOMEM'
  | 'ECONNABORTED'

export class FailingDisk {
  readonly #library: string
  readonly #control: string
  readonly #folder: string

  /** `folder`: whose files fail; it need not exist yet. `own`: a folder for the library. */
  constructor(folder: string, own: string) {
    this.#folder = folder
    this.#library = join(own, 'failing-disk.so')
    this.#control = join(own, 'failing-disk')
    const source = join(import.meta.dirname, 'failing-disk.c')
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', this.#library, source, '-ldl'])
    writeFileSync(this.#control, Buffer.alloc(CONTROL_BYTES))
  }

  /** Of a program whose calls are to fail. */
  get environment(): NodeJS.ProcessEnv {
    const folder = this.#folder
    return { LD_PRELOAD: this.#library, OTG_FAIL_FOLDER: folder, OTG_FAIL_CONTROL: this.#control, UV_USE_IO_URING: '0' }
  }

  /** After `after` more calls of these kinds, `count` of them fail. */
  fail(kinds: readonly FailingCall[], error: DiskError, after: number, count: number): void {
    let mask = 0
    for (const kind of kinds) mask |= KINDS[kind]
    this.#write(
      BigInt(after),
      BigInt(after) + BigInt(count),
      mask,
      constants.errno[error as keyof typeof constants.errno],
    )
  }

  /** How many calls failed since `fail`. */
  get failed(): number {
    return Number(readFileSync(this.#control).readBigUInt64LE(32))
  }

  /** From now on nothing fails. Returns how many calls failed since `fail`. */
  stop(): number {
    const { failed } = this
    this.#write(0n, 0n, 0, 0)
    return failed
  }

  #write(from: bigint, to: bigint, kinds: number, error: number): void {
    const control = Buffer.alloc(CONTROL_BYTES)
    control.writeBigUInt64LE(from, 8)
    control.writeBigUInt64LE(to, 16)
    control.writeUInt32LE(kinds, 24)
    control.writeInt32LE(error, 28)
    // Into the same file, which the program has mapped.
    writeFileSync(this.#control, control, { flag: 'r+' })
  }
}
