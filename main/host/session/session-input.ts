// A session's input: each unit once, however often its client sends it, and refused ones again when there is room.
import type { AttachedClient } from './attachable.ts'
import { InputSeqs } from './input-seqs.ts'
import type { Pty } from './pty.ts'

export class SessionInput {
  readonly #pty: Pty
  readonly #attachments: ReadonlySet<AttachedClient>
  readonly #seqs = new InputSeqs()
  #isRefused = false

  constructor(pty: Pty, attachments: ReadonlySet<AttachedClient>) {
    this.#pty = pty
    this.#attachments = attachments
  }

  lastSeq(stream: string): number {
    return this.#seqs.get(stream)
  }

  /** `known`: it was queued before. `full`: there is no room; `flushInput` of all attachments is called when there is. */
  write(stream: string, seq: number, bytes: Uint8Array, peer: string): 'queued' | 'known' | 'full' {
    if (seq <= this.lastSeq(stream)) return 'known'
    if (!this.#pty.write(bytes, peer, () => this.#drained())) {
      this.#isRefused = true
      return 'full'
    }
    this.#seqs.set(stream, seq)
    return 'queued'
  }

  #drained(): void {
    if (!this.#isRefused) return
    this.#isRefused = false
    for (const attachment of this.#attachments) attachment.flushInput()
  }
}
