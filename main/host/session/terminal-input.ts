// What a terminal's program has not read yet: takes it back out of the kernel, by reading from the terminal's other side.
import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { promisify } from 'node:util'

/**
 * More than the kernel keeps of a terminal's input. Linux: a buffer of 4 KiB for the program (N_TTY_BUF_SIZE in n_tty.c), and up to
 * 64 KiB on the way there (TTYB_DEFAULT_MEM_LIMIT in tty_buffer.c).
 */
export const KERNEL_BYTES = 72 * 1024

/** The kernel refills the program's buffer from a thread of its own: it is empty when nothing came for this long. */
const QUIET_MS = 12
const POLL_MS = 2
/** And for this long where more is known to be on its way. */
const MAX_MS = 1_000

/** stty reads the settings of a terminal in a millisecond. */
const STTY_MS = 2_000

/**
 * Reads what waits in `terminal` (`/dev/pts/3`) and its program has not read. `isAll` tells when the last of what was written
 * has come. In line mode the last line is left, unless Enter was pressed.
 */
export async function takeBack(terminal: string, isAll: (taken: Buffer) => boolean): Promise<Buffer> {
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants
  const descriptor = openSync(terminal, O_RDWR | O_NOCTTY | O_NONBLOCK)
  try {
    let taken = Buffer.alloc(0)
    const chunk = Buffer.alloc(4096)
    const until = performance.now() + MAX_MS
    for (let quietSince = performance.now(); performance.now() < until; ) {
      const size = tryRead(descriptor, chunk)
      if (size > 0) {
        taken = Buffer.concat([taken, chunk.subarray(0, size)])
        quietSince = performance.now()
        continue
      }
      if (performance.now() - quietSince >= QUIET_MS && (taken.length === 0 || isAll(taken))) break
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
    return taken
  } finally {
    closeSync(descriptor)
  }
}

/** The character that erases the line that is being typed; undefined: the program reads single keys, so none is kept for it. */
export async function lineKiller(terminal: string): Promise<string | undefined> {
  const option = process.platform === 'linux' ? '-F' : '-f'
  const { stdout } = await promisify(execFile)('stty', [option, terminal, '-a'], { timeout: STTY_MS })
  if (!/(?:^|[\s;])icanon\b/m.test(stdout)) return undefined
  const name = /\bkill = (\S+?);/.exec(stdout)?.[1]
  const control = /^\^([@-_?])$/.exec(name ?? '')?.[1]
  if (control) return control === '?' ? '\x7f' : String.fromCharCode(control.charCodeAt(0) - 64)
  return name?.length === 1 ? name : undefined
}

/** 0: nothing waits, or the terminal has been hung up. */
function tryRead(descriptor: number, into: Buffer): number {
  try {
    return readSync(descriptor, into, 0, into.length, null)
  } catch {
    return 0
  }
}
