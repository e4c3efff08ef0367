// The system's keystore: Secret Service (GNOME Keyring, KWallet, KeePassXC), Keychain, or Credential Manager.
import { Worker } from 'node:worker_threads'
import { CodedError } from '../../../protocol/errors.ts'
import { workerFile } from '../threads/worker-file.ts'
import type { FromKeystore, KeystoreRequest } from './keystore-protocol.ts'

/** A locked keystore asks for its password in a window of its own: this is time to type it. */
export const KEYSTORE_MS = 60_000

/** Each rejects with `keystore_unavailable`, or `keystore_locked` if it exists and does not answer. */
export interface Keystore {
  get(account: string): Promise<string | undefined>
  set(account: string, secret: string): Promise<void>
  remove(account: string): Promise<void>
}

export class SystemKeystore implements Keystore {
  readonly #ms: number

  constructor(ms = KEYSTORE_MS) {
    this.#ms = ms
  }

  get(account: string): Promise<string | undefined> {
    return this.#ask({ do: 'get', account })
  }

  async set(account: string, secret: string): Promise<void> {
    await this.#ask({ do: 'set', account, secret })
  }

  async remove(account: string): Promise<void> {
    await this.#ask({ do: 'remove', account })
  }

  /** In a thread of its own, because the system's functions return when they like. */
  #ask(request: KeystoreRequest): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerFile('./keystore-worker', import.meta.url), {
        name: 'keystore',
        workerData: request,
      })
      // It must not keep the process alive; the timer does, as long as somebody waits.
      worker.unref()
      const ended = () => end(() => reject(unavailable('its thread ended')))
      const end = (settle: () => void) => {
        clearTimeout(timer)
        worker.off('exit', ended)
        void worker.terminate()
        settle()
      }
      const timer = setTimeout(() => {
        // A thread that waits in a function of the system does not end, and Node waits for it at the end of the process.
        process.once('exit', endAtOnce)
        worker.once('exit', () => process.off('exit', endAtOnce))
        end(() => reject(locked(`the keystore did not answer within ${this.#ms / 1000} s`)))
      }, this.#ms)
      worker.on('message', (message: FromKeystore) =>
        end(() => ('error' in message ? reject(faultOf(message.error)) : resolve(message.secret))),
      )
      worker.on('error', error => end(() => reject(unavailable(error.message))))
      worker.on('exit', ended)
    })
  }
}

function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL')
}

/**
 * By the texts of the errors of the Rust crate `keyring`, which have no codes: the first is a keystore that refuses (it is locked,
 * or its question was dismissed), the second what macOS says without a desktop; everything else cannot be reached.
 */
function faultOf(error: string): CodedError {
  // D-Bus explains possible causes in further sentences.
  const reason = error.split('. ')[0]!.slice(0, REASON_CHARACTERS)
  return /^Couldn't access platform storage|not allowed/i.test(error) ? locked(reason) : unavailable(reason)
}

const REASON_CHARACTERS = 200

function locked(reason: string): CodedError {
  return new CodedError('keystore_locked', `the system's keystore is locked (${reason}); unlock it`)
}

function unavailable(reason: string): CodedError {
  const what = process.platform === 'linux' ? '; it takes a Secret Service, such as GNOME Keyring or KWallet' : ''
  return new CodedError('keystore_unavailable', `the system's keystore cannot be reached${what} (${reason})`)
}
