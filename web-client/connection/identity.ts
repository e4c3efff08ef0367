// Who this phone is to its host, kept in IndexedDB: its keys, and the host's key and name. Knows nothing of connections.
//
// IndexedDB is there on plain HTTP, WebCrypto and the keys that it would hide are not. It belongs to the origin: at another
// address of the same host this phone is a stranger until it is let in there too.
import { signal } from '@preact/signals'
import { KEY_BYTES, type KeyPair, keyPairOf } from '../../protocol/channel/keys.ts'

const DATABASE = 'otg'
const STORE = 'identities'

/** Some browsers never answer (Safari 14 did so at random); a page that shows nothing is worse than one that forgets. */
const STORAGE_MS = 2_000

export interface Identity {
  hostKey: Uint8Array
  keys: KeyPair
  /** What the host calls itself; empty until it has let this phone in. */
  hostName: string
  /** The code that both screens show while somebody has to say yes. */
  code: string
}

/** `paired`: was let in. `pending`: asks to be, perhaps in place of the one that is paired, which stays until the yes. */
type Slot = 'paired' | 'pending'

export class Identities {
  /** False: this browser gave no storage, so what is here goes with the page. */
  readonly lasting = signal(true)
  readonly #held: Record<Slot, Identity | undefined> = { paired: undefined, pending: undefined }

  /** Never fails: without storage there is nothing, and nothing is kept. */
  async load(): Promise<void> {
    await this.#quietly(async () => {
      const found = await inStore('readonly', store => ({
        paired: store.get('paired' satisfies Slot),
        pending: store.get('pending' satisfies Slot),
      }))
      this.#held.paired = unpack(found.paired.result)
      this.#held.pending = unpack(found.pending.result)
    })
  }

  get paired(): Identity | undefined {
    return this.#held.paired
  }

  get pending(): Identity | undefined {
    return this.#held.pending
  }

  /** The one that this page is at the moment. */
  get current(): Identity | undefined {
    return this.#held.pending ?? this.#held.paired
  }

  /** Those that the host with this key may know, the latest first. */
  of(hostKey: Uint8Array): Identity[] {
    const { pending, paired } = this.#held
    return [pending, paired].filter(one => one !== undefined).filter(one => sameKey(one.hostKey, hostKey))
  }

  /** Resolves when it is kept, as far as this browser keeps anything. */
  async ask(identity: Identity): Promise<void> {
    this.#held.pending = identity
    await this.#quietly(() => inStore('readwrite', store => store.put(pack(identity), 'pending' satisfies Slot)))
  }

  /** The host has let `identity` in: there is no other one from now on. */
  async admitted(identity: Identity, hostName: string): Promise<void> {
    const { paired, pending } = this.#held
    if (identity === paired && !pending && paired.hostName === hostName) return
    const now = { ...identity, hostName, code: '' }
    this.#held.paired = now
    this.#held.pending = undefined
    await this.#quietly(() =>
      inStore('readwrite', store => {
        store.put(pack(now), 'paired' satisfies Slot)
        store.delete('pending' satisfies Slot)
      }),
    )
  }

  /** It asks no longer; who was paired before still is. */
  async withdraw(): Promise<void> {
    this.#held.pending = undefined
    await this.#quietly(() => inStore('readwrite', store => store.delete('pending' satisfies Slot)))
  }

  /** Once something failed nothing more is written: what could not be read must not be overwritten. */
  async #quietly(work: () => Promise<unknown>): Promise<void> {
    if (!this.lasting.peek()) return
    try {
      await work()
    } catch {
      this.lasting.value = false
    }
  }
}

export function sameKey(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

/** As it is stored. */
interface Stored {
  host_key: Uint8Array
  secret_key: Uint8Array
  host_name: string
  code: string
}

function pack({ hostKey, keys, hostName, code }: Identity): Stored {
  return { host_key: hostKey, secret_key: keys.secretKey, host_name: hostName, code }
}

/** Undefined for what is not there or is nothing that we have written. */
function unpack(value: unknown): Identity | undefined {
  const { host_key, secret_key, host_name, code } = (value ?? {}) as Partial<Record<keyof Stored, unknown>>
  if (!isKey(host_key) || !isKey(secret_key)) return undefined
  if (typeof host_name !== 'string' || typeof code !== 'string') return undefined
  return { hostKey: host_key, keys: pairOf(secret_key), hostName: host_name, code }
}

/** The public key costs a phone some milliseconds, and is needed only when a connection is being opened. */
function pairOf(secretKey: Uint8Array): KeyPair {
  let publicKey: Uint8Array | undefined
  return {
    secretKey,
    get publicKey() {
      publicKey ??= keyPairOf(secretKey).publicKey
      return publicKey
    },
  }
}

function isKey(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === KEY_BYTES
}

/** Runs one transaction and resolves with what `use` returned once it is done. Opened and closed each time: rarely needed. */
async function inStore<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => T): Promise<T> {
  let late = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true
      reject(new Error('the browser does not answer about its storage'))
    }, STORAGE_MS)
  })
  const work = async () => {
    const database = await openDatabase()
    try {
      if (late) throw new Error('too late')
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
    // On disk, not only on its way there: a key that is lost has to be paired again.
    const transaction = database.transaction(STORE, mode, { durability: 'strict' })
    transaction.onabort = () => reject(transaction.error)
    const result = use(transaction.objectStore(STORE))
    transaction.oncomplete = () => resolve(result)
  })
}
