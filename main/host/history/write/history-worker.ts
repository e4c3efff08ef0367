// Entry of the thread that owns the database.
import { writeFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { storeFault } from '../../store/faults.ts'
import { pathOf } from '../../store/open-database.ts'
import { Store } from '../../store/store.ts'
import { collectWhenQuiet } from '../../threads/memory.ts'
import { lossOf } from './history-marker.ts'
import { HistoryThread } from './history-thread.ts'
import type { FromHistory, HistoryWorkerData, ToHistory } from './worker-protocol.ts'

const port = parentPort!
const { file, limits, again } = workerData as HistoryWorkerData
const post = (message: FromHistory, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

collectWhenQuiet()

let store: Store | undefined
try {
  // SQLite would create it with the umask.
  if (again) writeFileSync(pathOf(file), '', { flag: 'a', mode: 0o600 })
  store = new Store(file, Date.now, { again })
  const { leftovers, copyFailure } = store
  const newest = store.sessions.newestTime()
  post({ say: 'opened', leftovers, newest, copyFailure, loss: again ? undefined : lossOf(pathOf(file), store) })
} catch (error) {
  // It may be open, and damaged where it was read after that: no thread must go on with it.
  store?.abandon()
  store = undefined
  post({ say: 'refused', ...storeFault(error) })
  port.close()
}
if (store) {
  store.onDamage = damage => post({ say: 'damage', damage })
  const thread = new HistoryThread(pathOf(file), store, limits, { post, close: () => port.close() })
  port.on('message', (message: ToHistory) => thread.receive(message))
}
