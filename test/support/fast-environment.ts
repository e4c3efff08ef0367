// What every suite's configuration imports to make tests faster: temporary files in memory, and compiled code that is kept.
import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
// Finds out whether the build is fresh, once for all workers.
import './built.ts'

const MEMORY_FOLDER = '/dev/shm'
const MIN_FREE_BYTES = 2 * 1024 ** 3

/** Whether there is an in-memory file system with room for the tests' databases, from which programs can run. */
function hasMemoryFolder(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER)
    if (bavail * bsize < MIN_FREE_BYTES) return false
    const folder = mkdtempSync(join(MEMORY_FOLDER, 'otg-test-'))
    try {
      const program = join(folder, 'program')
      writeFileSync(program, '', { mode: 0o755 })
      accessSync(program, constants.X_OK)
      return true
    } finally {
      rmSync(folder, { recursive: true })
    }
  } catch {
    return false
  }
}

// Hosts sync their files to disk, and tests wait for that. In memory this is faster, and safe enough: tests kill processes but
// do not cut the power.
if (!process.env.TMPDIR && hasMemoryFolder()) process.env.TMPDIR = MEMORY_FOLDER

// Every host starts threads from TypeScript files, and stripping their types took half of the CPU time. So Node caches compiled
// code; the test runners' workers and the processes that tests start inherit this setting.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compiled')
