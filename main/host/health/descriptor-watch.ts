// Notices that the host is about to run out of file descriptors. Accepting does not tell: libuv then closes new connections without
// an error (uv__emfile_trick in libuv's src/unix/stream.c).
import { readdirSync, readFileSync } from 'node:fs'
import type { HealthReports } from './health.ts'

/** With fewer, the next session and its clients take them all. */
export const LOW_DESCRIPTORS = 32

/** Reserved for the host itself, its files, threads and clients: a session that would take of these is refused. */
export const RESERVED_DESCRIPTORS = LOW_DESCRIPTORS

/** It is over when there are clearly more again, so that it does not come and go. */
export const ENOUGH_DESCRIPTORS = 2 * LOW_DESCRIPTORS

const CHECK_MS = 5_000

/** Starts watching. Returns how to stop. */
export function watchDescriptors(health: HealthReports, free = freeDescriptors, check_ms = CHECK_MS): () => void {
  const check = () => {
    const left = free()
    if (left === undefined) return
    if (left < LOW_DESCRIPTORS) health.begin('files_exhausted')
    else if (left > ENOUGH_DESCRIPTORS) health.end('files_exhausted')
  }
  const timer = setInterval(check, check_ms)
  timer.unref()
  return () => clearInterval(timer)
}

function readIfPossible(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** What the whole system has left: open files, free ones, and how many there may be (proc_sys_fs(5), file-nr). */
export function freeOfSystem(fileNr: string): number {
  const [open, , most] = fileNr.trim().split(/\s+/).map(Number)
  return (most ?? Number.POSITIVE_INFINITY) - (open ?? 0)
}

/** Of this process, or of the system if that has fewer. Undefined: unknown (not Linux). */
export function freeDescriptors(): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const [, soft = ''] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    if (soft === '') return undefined
    const own = Number(soft) - readdirSync('/proc/self/fd').length
    return Math.min(own, freeOfSystem(readIfPossible('/proc/sys/fs/file-nr')))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EMFILE' || code === 'ENFILE' ? 0 : undefined
  }
}
