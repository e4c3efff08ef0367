// Notices that the computer is almost out of memory, before the system ends programs for it.
import { freemem } from 'node:os'
import type { HealthReports } from './health.ts'

/** Below this, the next program that needs memory may be the one that makes the system end another (Linux: the OOM killer). */
export const LOW_BYTES = 100 * 1024 * 1024

/** It is over when there is clearly more again, so that it does not come and go. */
export const ENOUGH_BYTES = 2 * LOW_BYTES

const CHECK_MS = 10_000

/** Starts watching. Returns how to stop. */
export function watchMemory(health: HealthReports, available = availableBytes, check_ms = CHECK_MS): () => void {
  const check = () => {
    const bytes = available()
    if (bytes === undefined) return
    if (bytes < LOW_BYTES) health.begin('memory_low')
    else if (bytes > ENOUGH_BYTES) health.end('memory_low')
  }
  const timer = setInterval(check, check_ms)
  timer.unref()
  return () => clearInterval(timer)
}

/** macOS counts what it can free at once as used, and shows its own warning. */
function availableBytes(): number | undefined {
  return process.platform === 'darwin' ? undefined : freemem()
}
