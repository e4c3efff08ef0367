// Asks the keystore one thing.
import { parentPort, workerData } from 'node:worker_threads'
import { Entry } from '@napi-rs/keyring'
import type { FromKeystore, KeystoreRequest } from './keystore-protocol.ts'

/** Under which keystores show it to people. */
const SERVICE = 'On the Go'

const request = workerData as KeystoreRequest
const post = (message: FromKeystore) => parentPort!.postMessage(message)
try {
  // Never the kernel's keyring, which the library would otherwise fall back to: it forgets everything at the next start.
  const entry = new Entry(SERVICE, request.account, { linux: { store: 'secret-service' } })
  switch (request.do) {
    case 'get':
      post({ secret: entry.getPassword() ?? undefined })
      break
    case 'set':
      entry.setPassword(request.secret)
      post({ secret: undefined })
      break
    case 'remove':
      entry.deleteCredential()
      post({ secret: undefined })
  }
} catch (error) {
  post({ error: error instanceof Error ? error.message : String(error) })
}
