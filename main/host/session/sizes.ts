// Which client determines a session's size.
import { CodedError } from '../../../protocol/errors.ts'
import { CLAIM_LAPSE_MS, MAX_COLS, MAX_ROWS } from '../../../protocol/limits.ts'
import type { Size } from '../recording/types.ts'

interface Claim {
  owner: string
  size: Size
  lapse?: NodeJS.Timeout
}

/**
 * The claims on one session's size, newest last; the newest is in force. Clients claim explicitly. A claim that is
 * released, or whose owner does not reconnect, gives way to the one before.
 */
export class SizeClaims {
  readonly #claims: Claim[] = []
  /** In force without claims: the initial size, then the last one that a local client claimed (see `claim`). */
  #base: Size
  readonly #changed: () => void

  constructor(initial: Size, changed: () => void) {
    this.#base = initial
    this.#changed = changed
  }

  get size(): Size {
    return this.#claims.at(-1)?.size ?? this.#base
  }

  get owner(): string | undefined {
    return this.#claims.at(-1)?.owner
  }

  /** `stays`: the size outlives its owner (a desktop's does; a phone's is reverted when it leaves). */
  claim(owner: string, size: Size, stays: boolean): void {
    this.#remove(owner)
    if (stays) this.#base = size
    this.#claims.push({ owner, size })
    this.#changed()
  }

  release(owner: string): void {
    if (this.#remove(owner)) this.#changed()
  }

  /** The owner's connection is gone: its claim lapses unless it reconnects within CLAIM_LAPSE_MS. */
  ownerLeft(owner: string): void {
    const claim = this.#claims.find(one => one.owner === owner)
    if (!claim) return
    clearTimeout(claim.lapse)
    claim.lapse = setTimeout(() => this.release(owner), CLAIM_LAPSE_MS)
    claim.lapse.unref()
  }

  ownerReturned(owner: string): void {
    clearTimeout(this.#claims.find(one => one.owner === owner)?.lapse)
  }

  dispose(): void {
    for (const claim of this.#claims) clearTimeout(claim.lapse)
    this.#claims.length = 0
  }

  #remove(owner: string): boolean {
    const index = this.#claims.findIndex(one => one.owner === owner)
    if (index < 0) return false
    clearTimeout(this.#claims[index]!.lapse)
    this.#claims.splice(index, 1)
    return true
  }
}

/** Throws `size_invalid` unless a PTY can have this size. */
export function checkSize({ cols, rows }: Size): void {
  const fits = (value: number, max: number) => Number.isInteger(value) && value >= 1 && value <= max
  if (fits(cols, MAX_COLS) && fits(rows, MAX_ROWS)) return
  throw new CodedError(
    'size_invalid',
    `${cols} x ${rows} is not a terminal size; columns go from 1 to ${MAX_COLS}, rows from 1 to ${MAX_ROWS}`,
  )
}
