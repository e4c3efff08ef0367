// Gathers a process's output into batches: the first chunk of a burst goes out at once, what follows waits a few milliseconds.
import { BATCH_BYTES } from '../../../protocol/limits.ts'

/** How long output is gathered after the first chunk of a burst: shorter than one frame of a 60 Hz screen. */
const BATCH_MS = 4

export class OutputBatcher {
  readonly #print: (batch: Uint8Array) => void
  /** Gathered output, in the first `#bytes` of this. */
  #batch: Uint8Array | undefined
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  /** `print` owns each batch that it receives: at most BATCH_BYTES, alone in its buffer. */
  constructor(print: (batch: Uint8Array) => void) {
    this.#print = print
  }

  /** Bytes that are gathered and not yet printed. */
  get bytes(): number {
    return this.#bytes
  }

  /** Copies `bytes`, which the caller may reuse afterwards. */
  add(bytes: Uint8Array): void {
    if (!this.#timer && this.#bytes === 0 && bytes.length <= BATCH_BYTES) {
      this.#print(new Uint8Array(bytes))
      this.#timer = setTimeout(() => this.#timedOut(), BATCH_MS)
      return
    }
    for (let at = 0; at < bytes.length; ) {
      const chunk = bytes.subarray(at, at + BATCH_BYTES - this.#bytes)
      // Not zeroed: it is filled.
      this.#batch ??= new Uint8Array(Buffer.allocUnsafeSlow(BATCH_BYTES).buffer)
      this.#batch.set(chunk, this.#bytes)
      this.#bytes += chunk.length
      at += chunk.length
      if (this.#bytes === BATCH_BYTES) this.flush()
    }
    this.#timer ??= setTimeout(() => this.#timedOut(), BATCH_MS)
  }

  /** Prints what is gathered. */
  flush(): void {
    if (this.#bytes === 0) return
    const batch = this.#batch!
    const size = this.#bytes
    this.#bytes = 0
    // A full batch is given away, a smaller one copied: so a flood is copied once, and makes no large garbage.
    if (size === BATCH_BYTES) this.#batch = undefined
    this.#print(size === BATCH_BYTES ? batch : batch.slice(0, size))
  }

  dispose(): void {
    clearTimeout(this.#timer)
  }

  #timedOut(): void {
    this.#timer = undefined
    if (this.#bytes === 0) {
      this.#batch = undefined
      return
    }
    this.flush()
    this.#timer = setTimeout(() => this.#timedOut(), BATCH_MS)
  }
}
