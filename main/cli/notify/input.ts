// Standard input of `otg notify`: the JSON that an agent writes to its hook, if there is any.
import { fstatSync } from 'node:fs'

/** The fields that count come first; what a tool printed may be megabytes. */
const KEPT_BYTES = 256 * 1024

/** An agent writes at once; a pipe that only exists says nothing. */
const FIRST_MS = 200
const TOTAL_MS = 1_000

/**
 * What is written to standard input, at most its first KEPT_BYTES. The rest is read and dropped: the writer must not fail.
 * Resolves as soon as the JSON is complete, and after TOTAL_MS at the latest. '': there is no input; undefined: there may be,
 * and it did not come in time.
 */
export async function readInput(): Promise<string | undefined> {
  if (!canHaveInput()) return ''
  const { stdin } = process
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    let size = 0
    const end = () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks).toString())
    }
    // On a busy computer both the time is over and the input there: then the input counts.
    const giveUp = () => setImmediate(() => (size === 0 ? resolve(undefined) : undefined))
    let timer = setTimeout(giveUp, FIRST_MS)
    stdin.on('data', (chunk: Buffer) => {
      if (size === 0) {
        clearTimeout(timer)
        timer = setTimeout(end, TOTAL_MS)
      }
      if (size < KEPT_BYTES) chunks.push(chunk.subarray(0, KEPT_BYTES - size))
      size += chunk.length
      // Some agents leave the pipe open.
      if (size < KEPT_BYTES && isComplete(chunks)) end()
    })
    stdin.on('end', end)
    stdin.on('error', end)
  })
}

/** Neither a terminal nor /dev/null nor closed. */
function canHaveInput(): boolean {
  try {
    const stat = fstatSync(0)
    // Windows has no kinds of pipes.
    return stat.isFIFO() || stat.isSocket() || stat.isFile() || (process.platform === 'win32' && !process.stdin.isTTY)
  } catch {
    return false
  }
}

function isComplete(chunks: Buffer[]): boolean {
  if (!chunks.at(-1)!.toString().trimEnd().endsWith('}')) return false
  try {
    JSON.parse(Buffer.concat(chunks).toString())
    return true
  } catch {
    return false
  }
}
