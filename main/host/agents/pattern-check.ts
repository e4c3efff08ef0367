// Whether a pattern of a user's rule may take too long on some line: it is tried, in a thread that can be terminated.
import { Worker } from 'node:worker_threads'
import { cancelled } from '../threads/call.ts'
import { workerFile } from '../threads/worker-file.ts'
import type { FromPatternCheck } from './pattern-check-worker.ts'

/** A thread that stays silent for this long is stuck in a pattern: those that are fast take a few milliseconds. */
export const SILENCE_MS = 5_000

/** The first of these patterns that is too slow. Rejects when no thread can be started, and with `cancelled`. */
export function findSlowPattern(
  patterns: readonly string[],
  signal?: AbortSignal,
  silence_ms = SILENCE_MS,
): Promise<string | undefined> {
  const nested = patterns.find(repeatsRepetition)
  if (nested !== undefined || patterns.length === 0) return Promise.resolve(nested)
  if (signal?.aborted) return Promise.reject(cancelled())
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile('./pattern-check-worker', import.meta.url), {
      name: 'pattern check',
      workerData: patterns,
    })
    let timer: NodeJS.Timeout | undefined
    const stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      void worker.terminate()
    }
    const end = (slow: string | undefined) => {
      resolve(slow)
      stop()
    }
    const abort = () => {
      reject(cancelled())
      stop()
    }
    signal?.addEventListener('abort', abort)
    worker.on('message', (message: FromPatternCheck) => {
      clearTimeout(timer)
      if (message.say === 'done') return end(undefined)
      if (message.say === 'slow') return end(patterns[message.index])
      timer = setTimeout(() => end(patterns[message.index]), silence_ms)
    })
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('the thread ended')))
  })
}

/** A repeated group that has an unbounded repetition in it, such as `(a+)+`: the usual cause of exponential time. */
function repeatsRepetition(pattern: string): boolean {
  const hasRepetition: boolean[] = [false]
  for (let at = 0; at < pattern.length; at++) {
    const one = pattern[at]!
    if (one === '\\') at++
    else if (one === '[') {
      while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1
    } else if (one === '(') hasRepetition.push(false)
    else if (one === ')') {
      const inner = hasRepetition.pop() ?? false
      if (inner && isUnbounded(pattern, at + 1)) return true
      if (inner) hasRepetition[hasRepetition.length - 1] = true
    } else if (isUnbounded(pattern, at)) hasRepetition[hasRepetition.length - 1] = true
  }
  return false
}

/** Whether `*`, `+` or `{n,}` is here. */
function isUnbounded(pattern: string, at: number): boolean {
  return /^(?:[*+]|\{\d+,\})/.test(pattern.slice(at, at + 12))
}
