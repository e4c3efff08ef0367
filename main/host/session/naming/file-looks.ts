// Looks at files that others may have made, or on disks that do not answer: such a look can take for ever, and with it one of the
// few threads in which Node.js does all its work with files.

/** Of Node's four threads (UV_THREADPOOL_SIZE): uploads and looks at clients' processes always find a free one. */
const MAX_LOOKS = 2

let running = 0
const waiting: (() => void)[] = []

/** Runs `look` when fewer than MAX_LOOKS run. Sessions have at most one each, so few wait. */
export async function lookAtFiles<T>(look: () => Promise<T>): Promise<T> {
  if (running >= MAX_LOOKS) await new Promise<void>(resolve => waiting.push(resolve))
  else running++
  try {
    return await look()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
