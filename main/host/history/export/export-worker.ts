// The thread of one export: reads the history, writes the format, sends chunks as there is room for them. A pattern that
// never finishes is stopped by terminating the thread.
import { parentPort, workerData } from 'node:worker_threads'
import { CHUNK_BYTES } from '../../../../protocol/limits.ts'
import { storeFault } from '../../store/faults.ts'
import { Store } from '../../store/store.ts'
import { ThreadReplies } from '../../threads/call.ts'
import type { ExportResult, ExportWorkerData, FromExport, ToExport } from './export-protocol.ts'
import { type ExportJob, openExport } from './formats.ts'

/** Between progress messages, when no chunk is full. */
const PROGRESS_MS = 200

const port = parentPort!
const { file } = workerData as ExportWorkerData
const replies = new ThreadReplies((message, transfer) => port.postMessage(message, transfer), storeFault)

let room = 0
let wake = () => {}
port.on('message', async (message: ToExport) => {
  switch (message.do) {
    case 'allow_chunk':
      room++
      return wake()
    case 'call':
      try {
        replies.reply(message.id, await run(message.id, message.request))
      } catch (error) {
        replies.refuse(message.id, error)
      }
      return port.close()
    case 'cancel': // the thread is terminated instead
      return
  }
})

async function run(id: number, job: ExportJob): Promise<ExportResult> {
  const store = new Store(file, Date.now, { readonly: true })
  store.onDamage = damage => port.postMessage({ say: 'damage', damage } satisfies FromExport)
  const { chunks, start, end, redacted } = openExport(store, job)
  replies.progress(id, 0, end - start)
  let waiting: Uint8Array[] = []
  let text = ''
  let size = 0
  let bytes = 0
  let lastProgress = performance.now()
  const encodeText = () => {
    if (text === '') return
    const encoded = Buffer.from(text)
    size += encoded.length - text.length
    waiting.push(encoded)
    text = ''
  }
  const send = async () => {
    encodeText()
    const all = new Uint8Array(Buffer.concat(waiting))
    waiting = []
    size = 0
    for (let at = 0; at < all.length; at += CHUNK_BYTES) {
      const chunk = all.slice(at, at + CHUNK_BYTES)
      while (room === 0)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      room--
      bytes += chunk.length
      port.postMessage({ say: 'chunk', bytes: chunk } satisfies FromExport, [chunk.buffer])
    }
  }
  for (const chunk of chunks) {
    if (chunk.text) {
      text += chunk.text
      size += chunk.text.length
    } else if (chunk.bytes) {
      encodeText()
      waiting.push(chunk.bytes)
      size += chunk.bytes.length
    }
    if (size >= CHUNK_BYTES) await send()
    const now = performance.now()
    if (now - lastProgress < PROGRESS_MS) continue
    lastProgress = now
    replies.progress(id, Math.max(0, chunk.offset - start), end - start)
  }
  await send()
  store.close()
  return { bytes, redacted: redacted() }
}
