import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const MEMORY = '/dev/shm'
const ROOM_BYTES = 2 * 1024 ** 3

/** Whether there is a file system in memory with room for the tests' databases, and programs can be run from it. */
function hasMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    if (bavail * bsize < ROOM_BYTES) return false
    const folder = mkdtempSync(join(MEMORY, 'otg-test-'))
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

// Every host syncs its files to the disk, and everything waits for that. Tests kill processes, but do not cut the power.
if (!process.env.TMPDIR && hasMemory()) process.env.TMPDIR = MEMORY

// Every host starts threads from TypeScript files. Stripping their types anew took half of the suite's processor time, so
// Node keeps what it has compiled; the workers of vitest and the processes that tests start inherit this.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled')

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/integration/**/*.test.ts'],
    // So that a failing property can be repeated.
    setupFiles: ['test/support/repeat.ts'],
    // One more than the two cores of CI: the tests of some files mostly wait for shells, timers and sockets.
    maxWorkers: 3,
    // A test that passes only at the second try hides a race in it or in the product.
    retry: 0,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
