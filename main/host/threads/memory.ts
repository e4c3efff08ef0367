// How much memory worker threads may use. One that needs more ends, and its owner starts another one.
import type { ResourceLimits } from 'node:worker_threads'

/**
 * For new objects. V8 frees buffers (of a terminal's lines, of output) with the objects that hold them: with its default of 96 MB
 * a flood keeps 100 MB of them, for each thread and for good.
 */
const NEW_OBJECTS_MB = 8

/** `heapMB`: for objects, not for buffers. */
export function memoryLimits(heapMB: number): ResourceLimits {
  return { maxOldGenerationSizeMb: heapMB, maxYoungGenerationSizeMb: NEW_OBJECTS_MB }
}
