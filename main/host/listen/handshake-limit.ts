// How many handshakes strangers may begin: a token bucket per address and one for all. Knows nothing of sockets.
import { isLoopback, plainAddress } from './addresses.ts'

/** Tokens a second, and the most that gather while nobody comes. */
export interface Rate {
  per_second: number
  burst: number
}

export interface HandshakeLimits {
  all: Rate
  address: Rate
}

/**
 * A handshake takes about 2 ms of the main loop, through which every session's bytes go. `all`: a tenth of it under a
 * flood, and as many at once as may be unauthenticated. `address`: all tabs of a browser that wakes up come back at once,
 * and a phone whose network flaps every few seconds (BACKOFF in protocol/client/backoff.ts) never runs dry.
 */
export const HANDSHAKE_LIMITS: HandshakeLimits = {
  all: { per_second: 50, burst: 32 },
  address: { per_second: 1, burst: 16 },
}

/**
 * Addresses that are remembered. A full bucket is forgotten, and only who got a token of `all` has one that is not, so
 * that by default there are never more than 32 + 50 × 16 to remember.
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
  /** By `addressKey`, who came last at the end. */
  readonly #addresses = new Map<string, Bucket>()

  /** `now`: milliseconds of a clock that is never set. */
  constructor(limits: HandshakeLimits = HANDSHAKE_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
    this.#all = { tokens: limits.all.burst, at: now() }
  }

  /** Whether who comes from `address` may begin a handshake now; if so, it counts as one. */
  take(address: string): boolean {
    const now = this.#now()
    refill(this.#all, this.#limits.all, now)
    if (this.#all.tokens < 1) return false
    // A proxy or a tunnel on this computer brings everybody by this address.
    if (!isLoopback(plainAddress(address))) {
      const key = addressKey(address)
      const bucket = this.#addresses.get(key) ?? { tokens: this.#limits.address.burst, at: now }
      refill(bucket, this.#limits.address, now)
      // Asked before `all` is charged: one address that is refused takes nothing from the others.
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
    // Only where other limits are set.
    for (const key of this.#addresses.keys()) if (this.#addresses.size > MAX_ADDRESSES) this.#addresses.delete(key)
  }
}

function refill(bucket: Bucket, { per_second, burst }: Rate, now: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * per_second) / 1000)
  bucket.at = now
}

/**
 * What counts as one address: an IPv6 network of 64 bits, since whoever is in one has all of its addresses (RFC 4291
 * section 2.5.1); an IPv4 address, also where a socket for both shows it as `::ffff:…`.
 */
export function addressKey(address: string): string {
  const plain = plainAddress(address)
  if (!plain.includes(':')) return plain
  const [head, tail] = plain.split('::').map(part => part.split(':').filter(group => group !== ''))
  const zeros = tail ? Array<string>(Math.max(0, 8 - head!.length - tail.length)).fill('0') : []
  const groups = [...head!, ...zeros, ...(tail ?? [])].slice(0, 4)
  return `${groups.map(group => group.replace(/^0+(?=.)/, '')).join(':')}::/64`
}
