// Where a host can be reached now: follows interfaces, names and the certificate. Knows no requests.
import { networkInterfaces } from 'node:os'
import {
  type Bind,
  bestFirst,
  classify,
  firstOf,
  type Interfaces,
  isLoopback,
  type OwnAddress,
  ownAddresses,
  wantedOf,
} from './addresses.ts'
import { type Address, candidates, namesOf } from './candidates.ts'
import { type OwnNames, ownNames } from './host-names.ts'
import type { Listeners } from './listeners.ts'
import { type FoundName, findNames, type NameSources, SYSTEM_SOURCES } from './name-discovery.ts'
import type { Certificate } from './tls.ts'

/** A laptop that changed networks is back before its owner has looked for the phone. */
export const CHECK_MS = 3_000
/** Names change seldom. */
const NAMES_MS = 5 * 60_000
/** What answers for names is still busy when an address has just come: asked once more. */
const NAMES_AGAIN_MS = 15_000
/** A page stays at the name that it was opened by, also when nobody answers for the name just now. */
const MOST_FORMER_NAMES = 8

export interface ReachOptions {
  bind: Bind
  port: number
  secure: boolean
  listeners: Listeners
  certificate: Certificate | undefined
  /** Called at every look: takes up a renewed certificate; true when there is another one. */
  followCertificate: () => Promise<boolean>
  allow_hosts: readonly string[]
  interfaces?: (() => Interfaces) | undefined
  sources?: Partial<NameSources> | undefined
  changed: () => void
  log: { error(what: object, message: string): void }
}

export class Reach {
  readonly #options: ReachOptions
  readonly #sources: NameSources
  #own: OwnAddress[] = []
  #found: readonly FoundName[] = []
  #names: OwnNames
  #addresses: Address[]
  #looking = false
  #asking = false
  /** Every name that was found, in order. */
  #former: string[] = []
  /** When names are asked for, by `performance.now()`; and once more after that. */
  #askAt = 0
  #askAgainAt = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: ReachOptions) {
    this.#options = options
    this.#sources = { ...SYSTEM_SOURCES, ...options.sources }
    // The first address is listened on already.
    this.#own = this.#reachable(this.#interfaces())
    this.#names = this.#nameAll()
    this.#addresses = this.#rank()
  }

  names(): OwnNames {
    return this.#names
  }

  addresses(): Address[] {
    return this.#addresses
  }

  /** Resolves when all addresses were tried; names come later. */
  async start(): Promise<void> {
    await this.#look()
    if (this.#closed) return
    this.#timer = setInterval(() => this.#look(), CHECK_MS)
    this.#timer.unref()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    if (this.#looking || this.#closed) return
    this.#looking = true
    const { bind, listeners, followCertificate, log } = this.#options
    try {
      const own = this.#interfaces()
      const wanted = bind === 'all' ? [] : wantedOf(bind, own).map(({ address }) => address)
      await listeners.listenOn(wanted.filter(address => address !== firstOf(bind)))
      const reachable = this.#reachable(own)
      const moved = JSON.stringify(reachable) !== JSON.stringify(this.#own)
      this.#own = reachable
      if (moved) {
        this.#askAt = 0
        this.#askAgainAt = performance.now() + NAMES_AGAIN_MS
      }
      const renewed = await followCertificate()
      if (moved || renewed) this.#refresh()
      if (this.#askAt <= performance.now()) this.#ask()
    } catch (error) {
      log.error({ err: error }, 'the addresses could not be looked at')
    } finally {
      this.#looking = false
    }
  }

  /** Beside the looks: what answers slowly holds no listener up. */
  #ask(): void {
    if (this.#asking) return
    this.#asking = true
    const now = performance.now()
    this.#askAt = this.#askAgainAt > now ? this.#askAgainAt : now + NAMES_MS
    findNames(this.#own, this.#sources)
      .then(found => {
        if (this.#closed) return
        this.#found = found
        const names = found.map(({ name }) => name)
        this.#former = [...this.#former.filter(name => !names.includes(name)), ...names].slice(-MOST_FORMER_NAMES)
        this.#refresh()
      })
      .finally(() => {
        this.#asking = false
      })
  }

  #refresh(): void {
    const before = JSON.stringify(this.#addresses)
    this.#names = this.#nameAll()
    this.#addresses = this.#rank()
    // Who started us looks by itself when that is done.
    const running = this.#timer !== undefined && !this.#closed
    if (running && JSON.stringify(this.#addresses) !== before) this.#options.changed()
  }

  #nameAll(): OwnNames {
    const { port, secure, certificate, allow_hosts } = this.#options
    const names = [
      ...this.#own.map(({ address }) => address),
      ...this.#former,
      ...(certificate ? namesOf(certificate.x509) : []),
    ]
    return ownNames({ port, secure, names, allowed: allow_hosts })
  }

  #rank(): Address[] {
    const { port, secure, certificate, allow_hosts } = this.#options
    const own = this.#own
    return candidates({ port, secure, own, found: this.#found, allowed: allow_hosts, certificate: certificate?.x509 })
  }

  #interfaces(): OwnAddress[] {
    return ownAddresses((this.#options.interfaces ?? networkInterfaces)())
  }

  /** What an interface has and somebody listens on, best first; if there is nothing, what was bound at the start. */
  #reachable(own: readonly OwnAddress[]): OwnAddress[] {
    const { bind, listeners } = this.#options
    const first = firstOf(bind)
    const all = bind === 'all' ? own : [first, ...listeners.addresses].flatMap(address => present(address, own))
    return (all.length > 0 ? [...all] : [classify(first)]).sort(bestFirst)
  }
}

/** No interface names each loopback address, but all are there. */
function present(address: string, own: readonly OwnAddress[]): OwnAddress[] {
  const here = own.find(one => one.address === address)
  if (here) return [here]
  return isLoopback(address) ? [classify(address)] : []
}
