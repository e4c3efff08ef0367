// The thread of one export: reads the history, writes the format, sends parts as they are asked for. A pattern that does
// not come to an end ends with it. Knows nothing of clients.
import { parentPort, workerData } from 'node:worker_threads'
import { CHUNK_BYTES } from '../../../../protocol/limits.ts'
import { Store, storeFault } from '../../store/store.ts'
import type { ExportWorkerData, FromExport, ToExport } from './export-protocol.ts'
import { openExport } from './formats.ts'

/** Between signs of life, when no part is full. */
const PROGRESS_MS = 200

const port = parentPort!
const { file, job } = workerData as ExportWorkerData
const say = (message: FromExport, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

let room = 0
let wake = () => {}
port.on('message', (_: ToExport) => {
  room++
  wake()
})

try {
  await run()
} catch (error) {
  const { code, message } = storeFault(error)
  say({ say: 'failed', code, message })
}
port.close()

async function run(): Promise<void> {
  const store = new Store(file, Date.now, { readonly: true })
  const { chunks, start, end, redacted } = openExport(store, job)
  say({ say: 'progress', done: 0, total: end - start })
  let parts: Uint8Array[] = []
  let text = ''
  let size = 0
  let bytes = 0
  let told = performance.now()
  const collect = () => {
    if (text === '') return
    const encoded = Buffer.from(text)
    size += encoded.length - text.length
    parts.push(encoded)
    text = ''
  }
  const send = async () => {
    collect()
    const all = new Uint8Array(Buffer.concat(parts))
    parts = []
    size = 0
    for (let at = 0; at < all.length; at += CHUNK_BYTES) {
      const part = all.slice(at, at + CHUNK_BYTES)
      while (room === 0)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      room--
      bytes += part.length
      say({ say: 'part', bytes: part }, [part.buffer])
    }
  }
  for (const chunk of chunks) {
    if (chunk.text) {
      text += chunk.text
      size += chunk.text.length
    } else if (chunk.bytes) {
      collect()
      parts.push(chunk.bytes)
      size += chunk.bytes.length
    }
    if (size >= CHUNK_BYTES) await send()
    const now = performance.now()
    if (now - told < PROGRESS_MS) continue
    told = now
    say({ say: 'progress', done: Math.max(0, chunk.offset - start), total: end - start })
  }
  await send()
  store.close()
  say({ say: 'done', bytes, redacted: redacted() })
}
