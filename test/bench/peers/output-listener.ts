// Counts a terminal's output and waits for texts in it.
import { wait } from '../support/host.ts'
import type { OnOutput, Terminal } from './peer.ts'

/** Longer than any expected text, so that a text split between two chunks is found. */
const OVERLAP = 80

/** The slowest tool takes 30 s for 50 MB on an idle machine. */
const TIMEOUT_MS = 120_000

export class OutputListener {
  bytes = 0
  lastAt = 0
  #tail = ''
  #wanted: { text: string; found: () => void } | undefined

  readonly onOutput: OnOutput = data => {
    this.bytes += typeof data === 'string' ? Buffer.byteLength(data) : data.length
    this.lastAt = performance.now()
    const text = this.#tail + (typeof data === 'string' ? data : Buffer.from(data).toString('latin1'))
    this.#tail = text.slice(-OVERLAP)
    if (!this.#wanted || !text.includes(this.#wanted.text)) return
    const { found } = this.#wanted
    this.#wanted = undefined
    this.#tail = ''
    found()
  }

  /** Waits for the next output of this text. */
  async until(expected: string, timeoutMs = TIMEOUT_MS): Promise<void> {
    this.#tail = ''
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((found, reject) => {
      this.#wanted = { text: expected, found }
      timer = setTimeout(
        () => reject(new Error(`no "${expected}" in the output, which ends with ${JSON.stringify(this.#tail)}`)),
        timeoutMs,
      )
    }).finally(() => clearTimeout(timer))
  }

  /** Waits until there was no output for 500 ms, at most 5 s. */
  async quiet(): Promise<void> {
    const start = performance.now()
    for (let now = start; now - Math.max(start, this.lastAt) < 500 && now - start < 5000; now = performance.now())
      await wait(20)
  }
}

/** Waits for the prompt: a shell that just started or was interrupted may lose what is typed before it. */
export async function waitForPrompt(terminal: Terminal, output: OutputListener): Promise<void> {
  const prompt = output.until('$')
  terminal.type('\r')
  const retries = setInterval(() => terminal.type('\r'), 1000)
  await prompt.finally(() => clearInterval(retries))
  await output.quiet()
}
