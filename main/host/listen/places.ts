// Places for sockets. When they are short, a newcomer is let in and another socket is dropped, as OpenSSH's MaxStartups does:
// https://man.openbsd.org/sshd_config#MaxStartups
import { plainAddress } from './addresses.ts'

/**
 * What a peer has shown, from nothing to everything. Each rank has places of its own, so that one that has shown less never
 * costs one that has shown more anything.
 */
export type Rank =
  /** Nothing: also every request for the page. */
  | 'stranger'
  /** That it knows the host's public key, which only pairing codes contain (protocol/channel/upgrade-proof.ts). */
  | 'claimed'
  /** A first message from a paired device, or with a valid pairing secret. It may be a replay. */
  | 'recognized'
  /** The first transport frame decrypted. */
  | 'authenticated'

/**
 * Sockets of each rank. `stranger`: a browser opens six per page, and an attacker has to open as many within the time that a
 * phone's upgrade takes to push it out. `claimed` and `recognized` last for a round trip each. All but `authenticated`
 * together are fewer than 300 descriptors.
 */
export const PLACES: Readonly<Record<Rank, number>> = { stranger: 192, claimed: 48, recognized: 32, authenticated: 256 }

/**
 * How much likelier old sockets are dropped. With 4, five of six that are dropped are in the older half, and a socket outlives as
 * many newcomers as a quarter, half and all of the places with 94, 86 and 62 % (at random: 77, 61 and 37 %).
 */
const AGE_BIAS = 4

export class Places {
  readonly #limits: Readonly<Record<Rank, number>>
  readonly #random: () => number
  /** In order of arrival in the rank. */
  readonly #taken: Record<Rank, Set<Place>> = {
    stranger: new Set(),
    claimed: new Set(),
    recognized: new Set(),
    authenticated: new Set(),
  }

  constructor(limits: Readonly<Record<Rank, number>> = PLACES, random: () => number = Math.random) {
    this.#limits = limits
    this.#random = random
  }

  /** A socket from `address` takes a stranger's place. `drop` closes it at once, and is called at most once. */
  join(address: string, drop: () => void): Place {
    const place = new Place(this.#taken, addressKey(address), drop, rank => this.#makeRoom(rank))
    place.moveTo('stranger')
    return place
  }

  count(rank: Rank): number {
    return this.#taken[rank].size
  }

  #makeRoom(rank: Rank): void {
    const taken = this.#taken[rank]
    while (taken.size > this.#limits[rank]) this.#victim([...taken]).drop()
  }

  /**
   * One of those who have the most places: an address that opens many loses its own. Among them at random, the oldest most
   * likely: an attacker who refills dropped places pushes out mostly its own, and cannot time it. Never the newcomer, which
   * is last.
   */
  #victim(taken: Place[]): Place {
    const counts = new Map<string, number>()
    for (const { owner } of taken) counts.set(owner, (counts.get(owner) ?? 0) + 1)
    const most = Math.max(...counts.values())
    const candidates = taken.slice(0, -1).filter(({ owner }) => counts.get(owner) === most)
    const from = candidates.length > 0 ? candidates : taken
    return from[Math.floor(from.length * this.#random() ** AGE_BIAS)]!
  }
}

export class Place {
  /** Who shares fairly with others: an address, later a device's key. */
  owner: string
  rank: Rank | undefined
  readonly #taken: Record<Rank, Set<Place>>
  readonly #drop: () => void
  readonly #makeRoom: (rank: Rank) => void
  #left = false

  constructor(taken: Record<Rank, Set<Place>>, owner: string, drop: () => void, makeRoom: (rank: Rank) => void) {
    this.#taken = taken
    this.owner = owner
    this.#drop = drop
    this.#makeRoom = makeRoom
  }

  /** The peer has shown more. `owner`: whose it is now known to be. Nothing if it has left, or has that rank. */
  moveTo(rank: Rank, owner = this.owner): void {
    if (this.#left || this.rank === rank) return
    if (this.rank) this.#taken[this.rank].delete(this)
    this.rank = rank
    this.owner = owner
    this.#taken[rank].add(this)
    this.#makeRoom(rank)
  }

  /** The socket is closed. Twice is fine. */
  leave(): void {
    if (this.#left) return
    this.#left = true
    if (this.rank) this.#taken[this.rank].delete(this)
  }

  /** Gives the place up and closes the socket. */
  drop(): void {
    this.leave()
    this.#drop()
  }
}

/**
 * What counts as one address: an IPv6 /64, because a host in it can use all of its addresses (RFC 4291 section 2.5.1); an
 * IPv4 address, also in the form `::ffff:…` of a dual-stack socket.
 */
export function addressKey(address: string): string {
  const plain = plainAddress(address)
  if (!plain.includes(':')) return plain
  const [head, tail] = plain.split('::').map(part => part.split(':').filter(group => group !== ''))
  const zeros = tail ? Array<string>(Math.max(0, 8 - head!.length - tail.length)).fill('0') : []
  const groups = [...head!, ...zeros, ...(tail ?? [])].slice(0, 4)
  return `${groups.map(group => group.replace(/^0+(?=.)/, '')).join(':')}::/64`
}
