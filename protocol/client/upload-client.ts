// Sends a file to a session's computer, as fast as the host takes it. Knows nothing of channels or of where files lie.
import { CodedError } from '../errors.ts'
import { CHUNK_BYTES, MAX_CHUNKS_AHEAD } from '../limits.ts'
import type { Requests } from './history-client.ts'

/** What is sent: a browser's File is one. */
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
  let under_way = -1
  let reading = false
  let ended = false
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  const send = async () => {
    if (reading) return
    reading = true
    while (sent < source.size && under_way < MAX_CHUNKS_AHEAD) {
      under_way++
      const from = sent
      sent = Math.min(source.size, from + CHUNK_BYTES)
      const part = new Uint8Array(await source.slice(from, sent).arrayBuffer())
      if (ended) return
      requests.sendChunk(request_id, part)
    }
    reading = false
  }
  const { request_id, answer } = requests.request(
    'uploaded',
    { type: 'upload', session_id, name: source.name, size: source.size },
    {
      progress: (done, total) => {
        under_way = Math.max(0, under_way - 1)
        progress?.(done, total)
        send().catch(fail)
      },
    },
  )
  const stop = () => fail(cancelled())
  signal?.addEventListener('abort', stop)
  try {
    return (await Promise.race([answer, failed])).path
  } catch (error) {
    requests.send({ type: 'cancel', request_id })
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    // Whoever reads slowly reads no further.
    ended = true
    sent = source.size
  }
}

function cancelled(): CodedError {
  return new CodedError('cancelled', 'this is no longer wanted')
}
