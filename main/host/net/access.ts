// Who may come in over the network: one-time secrets and the keys given for them. Knows nothing of sockets.
import { createHash, randomBytes } from 'node:crypto'
import { CodedError } from '../../../protocol/errors.ts'

/** At most this many secrets wait to be used; the oldest are void then. An address that nobody opened is no door left open. */
const MOST_SECRETS = 4

/** Keys that were given and may come back; the one unused for longest is forgotten first. */
const MOST_KEYS = 256

/**
 * A secret is good once, for who presents it first; that page is given a key, with which it returns as long as this
 * host runs. Only hashes are kept, and looked up by hash, so that no comparison depends on the secret's bytes.
 */
export class Access {
  readonly #secrets = new Set<string>()
  readonly #keys = new Set<string>()
  readonly #onClaimed: () => void

  /** `claimed` is told when a secret was used: whoever shows it should show another. */
  constructor(claimed: () => void) {
    this.#onClaimed = claimed
  }

  /** A new one-time secret, 256 bits. */
  newSecret(): string {
    const secret = randomBytes(32).toString('base64url')
    this.#secrets.add(hash(secret))
    if (this.#secrets.size > MOST_SECRETS) this.#secrets.delete(this.#secrets.values().next().value!)
    return secret
  }

  /** Lets in who has a key or a fresh secret. `peer` names the key's holder. Throws `unauthorized`. */
  admit(credentials: { secret?: string | undefined; key?: string | undefined }): { peer: string; key?: string } {
    if (credentials.key) {
      const known = hash(credentials.key)
      if (this.#keys.delete(known)) {
        this.#keys.add(known)
        return { peer: known.slice(0, 16) }
      }
    }
    if (credentials.secret && this.#secrets.delete(hash(credentials.secret))) {
      const key = randomBytes(32).toString('base64url')
      const known = hash(key)
      this.#keys.add(known)
      if (this.#keys.size > MOST_KEYS) this.#keys.delete(this.#keys.values().next().value!)
      this.#onClaimed()
      return { peer: known.slice(0, 16), key }
    }
    throw new CodedError('unauthorized', 'this address was used already or is not from this host; ask for a new one')
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
