// Limits the first messages of handshakes that are computed: a token bucket per address and one for all.
import { isLoopback, plainAddress } from './addresses.ts'
import { addressKey } from './places.ts'

/** Tokens per second, and the size of the bucket. */
export interface Rate {
  per_second: number
  burst: number
}

export interface HandshakeLimits {
  all: Rate
  address: Rate
}

/**
 * First messages of peers that have not shown that they know the host's key. Such a message takes about 2 ms of the main loop,
 * which also carries every session's bytes. `all`: a tenth of the loop under a flood. `address`: our own clients show that they
 * know the key, so no more is needed.
 */
export const HANDSHAKE_LIMITS: HandshakeLimits = {
  all: { per_second: 50, burst: 32 },
  address: { per_second: 1, burst: 16 },
}

/**
 * First messages of peers that have shown it. A limit of their own, which strangers do not use up. `address`: all tabs of a
 * browser that wakes up reconnect at once, all phones behind a proxy in another container have one address, and a phone whose
 * network fails every few seconds (BACKOFF in protocol/client/backoff.ts) never exhausts it.
 */
export const CLAIMED_LIMITS: HandshakeLimits = {
  all: { per_second: 50, burst: 48 },
  address: { per_second: 10, burst: 32 },
}

/**
 * Addresses that are remembered. Full buckets are removed, and only an address that took a token of `all` has one that is
 * not full, so by default there are never more than 32 + 50 × 16.
 */
const MAX_ADDRESSES = 1024

interface Bucket {
  tokens: number
  at: number
}

export class HandshakeLimit {
  readonly #limits: HandshakeLimits
  readonly #now: () => number
  readonly #all: Bucket
  /** By `addressKey`, in order of last use. */
  readonly #addresses = new Map<string, Bucket>()

  /** `now`: milliseconds of a monotonic clock. */
  constructor(limits: HandshakeLimits = HANDSHAKE_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
    this.#all = { tokens: limits.all.burst, at: now() }
  }

  /** Whether a first message of a peer at `address` is computed now; if so, takes its tokens. */
  take(address: string): boolean {
    const now = this.#now()
    refill(this.#all, this.#limits.all, now)
    if (this.#all.tokens < 1) return false
    // All clients of a proxy or tunnel on this computer come from this address.
    if (!isLoopback(plainAddress(address))) {
      const key = addressKey(address)
      const bucket = this.#addresses.get(key) ?? { tokens: this.#limits.address.burst, at: now }
      refill(bucket, this.#limits.address, now)
      // Checked before `all` is charged: a refused address takes nothing from the others.
      if (bucket.tokens < 1) return false
      bucket.tokens--
      this.#addresses.delete(key)
      this.#addresses.set(key, bucket)
      this.#forget(now)
    }
    this.#all.tokens--
    return true
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#addresses.size
  }

  #forget(now: number): void {
    if (this.#addresses.size <= MAX_ADDRESSES) return
    for (const [key, bucket] of this.#addresses) {
      refill(bucket, this.#limits.address, now)
      if (bucket.tokens >= this.#limits.address.burst) this.#addresses.delete(key)
    }
    // Happens only with other limits than the default.
    for (const key of this.#addresses.keys()) if (this.#addresses.size > MAX_ADDRESSES) this.#addresses.delete(key)
  }
}

function refill(bucket: Bucket, { per_second, burst }: Rate, now: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * per_second) / 1000)
  bucket.at = now
}
