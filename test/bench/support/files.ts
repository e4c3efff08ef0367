// The temporary folder of a run, and build logs in it.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const MB = 1e6

export const folder = mkdtempSync(join(tmpdir(), 'otg-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

/** An empty page, for hosts that no browser visits. */
export const emptyWebRoot = join(folder, 'web')
mkdirSync(emptyWebRoot)
writeFileSync(join(emptyWebRoot, 'index.html'), '')

/** Returns a build log file of this size; creates it on first use. */
export function logFile(bytes: number, lineEnd: '\n' | '\r\n' = '\n'): string {
  const file = join(folder, `build-${bytes}-${lineEnd.length}.log`)
  if (!existsSync(file)) writeFileSync(file, buildLog(bytes, lineEnd))
  return file
}

/** Text as compilers print it: lines that differ, with some color. */
export function buildLog(size: number, lineEnd: '\n' | '\r\n' = '\n'): Buffer {
  const log = Buffer.alloc(size)
  let length = 0
  for (let i = 0; length < size; i++)
    length += log.write(
      `\x1b[32m[${String(i % 997).padStart(3)}/997]\x1b[m Building CXX object src/core/CMakeFiles/core.dir/module_${(i * 7919) % 10007}.cpp.o -O2 -Wall hash=${((i * 2654435761) >>> 0).toString(16)}${lineEnd}`,
      length,
      'latin1',
    )
  return log
}
