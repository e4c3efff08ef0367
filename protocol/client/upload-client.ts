// Sends a file to a session's computer, as fast as the host takes it.
import { CodedError } from '../errors.ts'
import { CHUNK_BYTES, MAX_CHUNKS_AHEAD } from '../limits.ts'
import type { Requests } from './requests.ts'

/** The file to send; a browser's File fits. */
export interface Source {
  name: string
  size: number
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> }
}

export interface UploadOptions {
  /** Bytes that the host has written. */
  progress?: (done: number, total: number) => void
  signal?: AbortSignal
}

/** Returns the path on the session's computer. Rejects with `cancelled` when `signal` is aborted, and when the file cannot be read. */
export async function upload(
  requests: Requests,
  session_id: string,
  source: Source,
  { progress, signal }: UploadOptions = {},
): Promise<string> {
  if (signal?.aborted) throw cancelled()
  let sent = 0
  let inFlight = 0
  let isReading = false
  let hasEnded = false
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  const send = async () => {
    if (isReading) return
    isReading = true
    while (sent < source.size && inFlight < MAX_CHUNKS_AHEAD) {
      inFlight++
      const from = sent
      sent = Math.min(source.size, from + CHUNK_BYTES)
      const chunk = new Uint8Array(await source.slice(from, sent).arrayBuffer())
      if (hasEnded) return
      requests.sendChunk(request_id, chunk)
    }
    isReading = false
  }
  const { request_id, reply } = requests.request(
    'uploaded',
    { type: 'upload', session_id, name: source.name, size: source.size },
    {
      progress: (done, total) => {
        // The first one says that the host is ready, and acknowledges no chunk.
        inFlight = Math.max(0, inFlight - 1)
        progress?.(done, total)
        send().catch(fail)
      },
    },
  )
  const stop = () => fail(cancelled())
  signal?.addEventListener('abort', stop)
  try {
    return (await Promise.race([reply, failed])).path
  } catch (error) {
    requests.send({ type: 'cancel', request_id })
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    // A read that is still under way sends nothing more.
    hasEnded = true
    sent = source.size
  }
}

function cancelled(): CodedError {
  return new CodedError('cancelled', 'the upload was cancelled')
}
