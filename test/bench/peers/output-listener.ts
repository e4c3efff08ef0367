// Listens to a terminal: counts what comes and waits for words in it. Knows nothing of who sends.
import { wait } from '../support/host.ts'
import type { OnOutput, Terminal } from './peer.ts'

/** Longer than any word that is waited for, so that one cut in two is found. */
const OVERLAP = 80

/** The slowest takes half a minute for its 50 MB on a quiet machine. */
const TIMEOUT_MS = 120_000

export class OutputListener {
  bytes = 0
  lastAt = 0
  #tail = ''
  #wanted: { words: string; found: () => void } | undefined

  readonly onOutput: OnOutput = data => {
    this.bytes += typeof data === 'string' ? Buffer.byteLength(data) : data.length
    this.lastAt = performance.now()
    const text = this.#tail + (typeof data === 'string' ? data : Buffer.from(data).toString('latin1'))
    this.#tail = text.slice(-OVERLAP)
    if (!this.#wanted || !text.includes(this.#wanted.words)) return
    const { found } = this.#wanted
    this.#wanted = undefined
    this.#tail = ''
    found()
  }

  /** The next time that these words come. */
  async until(words: string, patience = TIMEOUT_MS): Promise<void> {
    this.#tail = ''
    let late: NodeJS.Timeout | undefined
    await new Promise<void>((found, reject) => {
      this.#wanted = { words, found }
      late = setTimeout(
        () => reject(new Error(`"${words}" does not come; the last was ${JSON.stringify(this.#tail)}`)),
        patience,
      )
    }).finally(() => clearTimeout(late))
  }

  /** Nothing has come for a moment, or something goes on coming. */
  async quiet(): Promise<void> {
    const start = performance.now()
    for (let now = start; now - Math.max(start, this.lastAt) < 500 && now - start < 5000; now = performance.now())
      await wait(20)
  }
}

/** A shell that has just begun, or was interrupted, may lose what is typed before its prompt is there. */
export async function waitForPrompt(terminal: Terminal, ears: OutputListener): Promise<void> {
  const asked = ears.until('$')
  terminal.type('\r')
  const again = setInterval(() => terminal.type('\r'), 1000)
  await asked.finally(() => clearInterval(again))
  await ears.quiet()
}
