// The addresses and names under which the host can be reached now: follows interfaces, name sources and the certificate.
import { networkInterfaces } from 'node:os'
import type { Logger } from '../log/logger.ts'
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

/** A laptop that changed networks is reachable again before its owner has taken out the phone. */
export const CHECK_MS = 3_000
/** Names change rarely. */
const NAMES_MS = 5 * 60_000
/** Name services may not be ready when an address has just appeared: one more query. */
const NAMES_AGAIN_MS = 15_000
/** A page stays at the name that it was opened with, also while that name does not resolve. */
const MAX_FORMER_NAMES = 8

export interface ReachOptions {
  bind: Bind
  port: number
  secure: boolean
  listeners: Listeners
  certificate: Certificate | undefined
  /** Called at every check: loads a renewed certificate. True: there is one. */
  followCertificate: () => Promise<boolean>
  allow_hosts: readonly string[]
  interfaces?: (() => Interfaces) | undefined
  sources?: Partial<NameSources> | undefined
  reach_ms: number
  changed: () => void
  log: Pick<Logger, 'error'>
}

export class Reach {
  readonly #options: ReachOptions
  readonly #sources: NameSources
  #own: OwnAddress[] = []
  #found: readonly FoundName[] = []
  #names: OwnNames
  #addresses: Address[]
  #checking = false
  #lookingUp = false
  /** Every name that was found, in order. */
  #former: string[] = []
  /** When to look up names next, by `performance.now()`, and once more after that. */
  #lookupAt = 0
  #secondLookupAt = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: ReachOptions) {
    this.#options = options
    this.#sources = { ...SYSTEM_SOURCES, ...options.sources }
    // The server already listens on the first address.
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

  /** Resolves when every address was tried; names come later. */
  async start(): Promise<void> {
    await this.#check()
    if (this.#closed) return
    this.#timer = setInterval(() => this.#check(), this.#options.reach_ms)
    this.#timer.unref()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  /** Never rejects. */
  async #check(): Promise<void> {
    if (this.#checking || this.#closed) return
    this.#checking = true
    const { bind, listeners, followCertificate, log } = this.#options
    try {
      const own = this.#interfaces()
      const wanted = bind === 'all' ? [] : wantedOf(bind, own).map(({ address }) => address)
      await listeners.listenOn(wanted.filter(address => address !== firstOf(bind)))
      const reachable = this.#reachable(own)
      const moved = JSON.stringify(reachable) !== JSON.stringify(this.#own)
      this.#own = reachable
      if (moved) {
        this.#lookupAt = 0
        this.#secondLookupAt = performance.now() + NAMES_AGAIN_MS
      }
      const renewed = await followCertificate()
      if (moved || renewed) this.#refresh()
      if (this.#lookupAt <= performance.now()) this.#lookUpNames()
    } catch (error) {
      log.error({ err: error }, 'the addresses could not be checked')
    } finally {
      this.#checking = false
    }
  }

  /** In parallel with the checks: a slow name service delays no listener. */
  #lookUpNames(): void {
    if (this.#lookingUp) return
    this.#lookingUp = true
    const now = performance.now()
    this.#lookupAt = this.#secondLookupAt > now ? this.#secondLookupAt : now + NAMES_MS
    findNames(this.#own, this.#sources)
      .then(found => {
        if (this.#closed) return
        this.#found = found
        const names = found.map(({ name }) => name)
        this.#former = [...this.#former.filter(name => !names.includes(name)), ...names].slice(-MAX_FORMER_NAMES)
        this.#refresh()
      })
      .finally(() => {
        this.#lookingUp = false
      })
  }

  #refresh(): void {
    const before = JSON.stringify(this.#addresses)
    this.#names = this.#nameAll()
    this.#addresses = this.#rank()
    // During start the caller reads the addresses itself.
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

  /** The interfaces' addresses that are listened on, best first; if there are none, the one that was bound at the start. */
  #reachable(own: readonly OwnAddress[]): OwnAddress[] {
    const { bind, listeners } = this.#options
    const first = firstOf(bind)
    const all = bind === 'all' ? own : [first, ...listeners.addresses].flatMap(address => present(address, own))
    return (all.length > 0 ? [...all] : [classify(first)]).sort(bestFirst)
  }
}

/** Every loopback address exists, although interfaces list only one. */
function present(address: string, own: readonly OwnAddress[]): OwnAddress[] {
  const listed = own.find(one => one.address === address)
  if (listed) return [listed]
  return isLoopback(address) ? [classify(address)] : []
}
