// The highest sequence number of each client's input that has reached a session.

/** Input streams that are remembered per session: more than a person's phones, tabs and reloads in a day. */
const INPUT_STREAMS = 256

export class InputSeqs {
  readonly #last = new Map<string, number>()

  /** 0: none. */
  get(stream: string): number {
    return this.#last.get(stream) ?? 0
  }

  set(stream: string, seq: number): void {
    // Deleted first, which keeps the map in order of last use.
    this.#last.delete(stream)
    this.#last.set(stream, seq)
    if (this.#last.size > INPUT_STREAMS) this.#last.delete(this.#last.keys().next().value!)
  }
}
