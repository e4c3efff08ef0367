// This phone's keys, and its host's key and name, in IndexedDB.
//
// IndexedDB works over plain HTTP, where WebCrypto and its non-extractable keys do not. It belongs to the origin: at another
// address of the same host this phone has to pair again.
import { signal } from '@preact/signals'
import {
  DATABASE,
  type Identity,
  type LockedIdentity,
  pack,
  packLocked,
  type Seal,
  STORE,
  unpack,
  unpackLocked,
} from './stored-identity.ts'

export type { Identity }

/** Some browsers never answer (Safari 14 at random): better to forget the keys than to show nothing. */
const STORAGE_MS = 2_000

/** `paired`: has access. `pending`: awaits approval; until then it does not replace `paired`. */
type Slot = 'paired' | 'pending'

/** Encrypts the key of this page while the lock is on (lock/lock.ts). */
export interface Lock {
  kind: Seal['kind']
  minutes: number
  seal(hostKey: Uint8Array, secretKey: Uint8Array): Seal
}

export class Identities {
  /** The paired identity, as long as its key is encrypted. */
  readonly locked = signal<LockedIdentity | undefined>(undefined)
  /** The same of the pending one. */
  lockedPending: LockedIdentity | undefined
  /** The lock is on, and the page unlocked. */
  readonly lock = signal<Lock | undefined>(undefined)
  /** False: this browser provides no storage, and the keys are lost with the page. */
  readonly canStore = signal(true)
  readonly #identities: Record<Slot, Identity | undefined> = { paired: undefined, pending: undefined }

  /** Never rejects: without storage there are no keys, and none are stored. */
  async load(): Promise<void> {
    await this.#tryStore(async () => {
      const found = await inStore('readonly', store => ({
        paired: store.get('paired' satisfies Slot),
        pending: store.get('pending' satisfies Slot),
      }))
      this.#identities.paired = unpack(found.paired.result)
      this.#identities.pending = unpack(found.pending.result)
      this.locked.value = unpackLocked(found.paired.result)
      this.lockedPending = unpackLocked(found.pending.result)
    })
  }

  /** The lock has decrypted the keys. */
  unlock(paired: Identity, pending: Identity | undefined): void {
    this.#identities.paired = paired
    // One that was stored before the lock was turned on is not encrypted.
    this.#identities.pending ??= pending
    this.lockedPending = undefined
    this.locked.value = undefined
  }

  /** Stores what changed about the encrypted key. */
  async saveSeal(seal: Seal): Promise<void> {
    const locked = this.locked.peek()
    if (!locked) return
    this.locked.value = { ...locked, seal }
    await this.#tryStore(() =>
      inStore('readwrite', store => store.put(packLocked({ ...locked, seal }), 'paired' satisfies Slot)),
    )
  }

  /** Counts a try at the stored key, and returns how many there were in a row. Rejects without storage: nothing is tried then. */
  async countTry(): Promise<number> {
    let tries = Number.POSITIVE_INFINITY
    await inStore('readwrite', store => {
      const found = store.get('paired' satisfies Slot)
      found.onsuccess = () => {
        const locked = unpackLocked(found.result)
        if (!locked) return
        tries = locked.seal.tries + 1
        store.put(packLocked({ ...locked, seal: { ...locked.seal, tries } }), 'paired' satisfies Slot)
      }
    })
    return tries
  }

  /** Stores the identities again, after `lock` has changed. */
  async saveLock(): Promise<void> {
    const all = Object.entries(this.#identities).flatMap(([slot, one]) =>
      one ? [{ slot, packed: this.#packed(one) }] : [],
    )
    if (all.length === 0) return
    await this.#tryStore(() =>
      inStore('readwrite', store => {
        for (const { slot, packed } of all) store.put(packed, slot)
      }),
    )
  }

  /** Deletes all keys. */
  async forget(): Promise<void> {
    this.#identities.paired = undefined
    this.#identities.pending = undefined
    this.lockedPending = undefined
    this.locked.value = undefined
    await this.#tryStore(() => inStore('readwrite', store => store.clear()))
  }

  #packed(identity: Identity): object {
    const lock = this.lock.peek()
    const { hostKey, hostName, code, keys } = identity
    if (!lock) return pack(identity)
    return packLocked({ hostKey, hostName, code, seal: lock.seal(hostKey, keys.secretKey) })
  }

  get paired(): Identity | undefined {
    return this.#identities.paired
  }

  get pending(): Identity | undefined {
    return this.#identities.pending
  }

  /** The identity that this page uses now. */
  get current(): Identity | undefined {
    return this.#identities.pending ?? this.#identities.paired
  }

  /** The identities that the host with this key may know, newest first. */
  forHost(hostKey: Uint8Array): Identity[] {
    const { pending, paired } = this.#identities
    return [pending, paired].filter(one => one !== undefined).filter(one => sameKey(one.hostKey, hostKey))
  }

  /** Resolves when it is stored, as far as this browser can. */
  async savePending(identity: Identity): Promise<void> {
    this.#identities.pending = identity
    await this.#tryStore(() =>
      inStore('readwrite', store => store.put(this.#packed(identity), 'pending' satisfies Slot)),
    )
  }

  /** The host has granted access to `identity`, which replaces all others. */
  async savePaired(identity: Identity, hostName: string): Promise<void> {
    const { paired, pending } = this.#identities
    if (identity === paired && !pending && paired.hostName === hostName) return
    const saved = { ...identity, hostName, code: '' }
    this.#identities.paired = saved
    this.#identities.pending = undefined
    await this.#tryStore(() =>
      inStore('readwrite', store => {
        store.put(this.#packed(saved), 'paired' satisfies Slot)
        store.delete('pending' satisfies Slot)
      }),
    )
  }

  /** The paired identity stays. */
  async dropPending(): Promise<void> {
    this.#identities.pending = undefined
    await this.#tryStore(() => inStore('readwrite', store => store.delete('pending' satisfies Slot)))
  }

  /** After a failure nothing more is written: data that could not be read must not be overwritten. */
  async #tryStore(work: () => Promise<unknown>): Promise<void> {
    if (!this.canStore.peek()) return
    try {
      await work()
    } catch {
      this.canStore.value = false
    }
  }
}

export function sameKey(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

/** Runs one transaction and resolves with the result of `use` once it is committed. The database is opened for each: it is rarely used. */
async function inStore<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => T): Promise<T> {
  let timedOut = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      timedOut = true
      reject(new Error('the browser’s storage does not respond'))
    }, STORAGE_MS)
  })
  const work = async () => {
    const database = await openDatabase()
    try {
      if (timedOut) throw new Error('the storage responded too late')
      return await transact(database, mode, use)
    } finally {
      database.close()
    }
  }
  try {
    return await Promise.race([work(), deadline])
  } finally {
    clearTimeout(timer)
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = window.indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function transact<T>(database: IDBDatabase, mode: IDBTransactionMode, use: (store: IDBObjectStore) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    // Durable on disk: a lost key means pairing again.
    const transaction = database.transaction(STORE, mode, { durability: 'strict' })
    transaction.onabort = () => reject(transaction.error)
    const result = use(transaction.objectStore(STORE))
    transaction.oncomplete = () => resolve(result)
  })
}
