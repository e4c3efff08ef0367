// A session's input: the highest sequence number of each client, and what of it no person typed.

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

/** Focus gained or lost (DEC private mode 1004), and movements of the mouse (mode 1003 in SGR encoding: 32 is added). */
const REPORTS = /^(?:\x1b\[[IO]|\x1b\[<(?:3[2-9]|[45]\d|6[0-3]);\d+;\d+[Mm])+$/

/** Longer input is no report. */
const REPORT_BYTES = 256

/** Whether these bytes are reports that the terminal sends by itself: no one typed. */
export function isReport(bytes: Uint8Array): boolean {
  return bytes.length <= REPORT_BYTES && bytes[0] === 0x1b && REPORTS.test(Buffer.from(bytes).toString('latin1'))
}

const FOCUS_REPORTS = /^(?:\x1b\[[IO])+$/

/** Whether these bytes are reports of a client's own focus only, which FocusReports replaces. */
export function isFocusReport(bytes: Uint8Array): boolean {
  return bytes.length <= REPORT_BYTES && bytes[0] === 0x1b && FOCUS_REPORTS.test(Buffer.from(bytes).toString('latin1'))
}
