// How much memory the host's threads may use, and how they give it back.
import v8 from 'node:v8'
import vm from 'node:vm'
import type { ResourceLimits } from 'node:worker_threads'

/**
 * For new objects. V8 frees buffers (of a terminal's lines, of output) with the objects that hold them: with its default of 96 MB
 * a flood keeps 100 MB of them, for each thread and for good.
 */
const NEW_OBJECTS_MB = 8

/** `heapMB`: for objects, not for buffers. A thread that needs more ends, and its owner starts another one. */
export function memoryLimits(heapMB: number): ResourceLimits {
  return { maxOldGenerationSizeMb: heapMB, maxYoungGenerationSizeMb: NEW_OBJECTS_MB }
}

/** In Electron, V8 is Chromium's: its flags are frozen, and it has a collector for quiet times of its own. */
const isNode = process.versions.electron === undefined

/** Twice as much is what the main thread has for new objects: more would never be given back. */
const MAIN_SEMI_SPACE_BYTES = 2 * 1024 * 1024
const MAX_GROWTH_ROUNDS = 1_000

/**
 * Call it once, in a process that is only a host, before it starts threads. V8 takes 128 MB for new objects at any load, and keeps
 * them; its limit can be set only on a command line, and `otg` has to work without one. What can be set later is how much that
 * space grows at a time: by nothing, once it has the size that is wanted.
 */
export function boundNewObjects(): void {
  if (!isNode) return
  const size = () => v8.getHeapSpaceStatistics().find(space => space.space_name === 'new_space')?.space_size ?? 0
  // It grows when much of it survives a collection.
  let survivors: object[] = []
  for (let round = 0; size() < 2 * MAIN_SEMI_SPACE_BYTES && round < MAX_GROWTH_ROUNDS; round++) {
    for (let i = 0; i < 1_000; i++) survivors.push({ round, i })
    if (survivors.length > 20_000) survivors = []
  }
  // Threads begin with what they would grow to.
  v8.setFlagsFromString(`--min-semi-space-size=${NEW_OBJECTS_MB / 2}`)
  v8.setFlagsFromString('--semi-space-growth-factor=1')
}

const CHECK_MS = 2_000
/** A collection stops a thread for some 20 ms: it has to be worth it. */
const WORTH_BYTES = 12 * 1024 * 1024
/** A thread that was busy for less than this share of the time is quiet. */
const QUIET = 0.1

/**
 * Collects this thread's garbage when it is quiet after its memory has grown. V8 does so only when more is allocated, so that what a
 * flood has left, hundreds of megabytes of buffers, would be kept by a host that then does nothing.
 */
export function collectWhenQuiet(): void {
  if (!isNode) return
  let collect: (() => void) | undefined
  let before = performance.eventLoopUtilization()
  let least = memoryOfThread()
  setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    const bytes = memoryOfThread()
    least = Math.min(least, bytes)
    if (utilization > QUIET || bytes < least + WORTH_BYTES) return
    collect ??= collector()
    collect()
    least = memoryOfThread()
  }, CHECK_MS).unref()
}

function memoryOfThread(): number {
  const { total_heap_size, external_memory } = v8.getHeapStatistics()
  return total_heap_size + external_memory
}

/** V8 has it only for contexts that are made while the flag is set: https://nodejs.org/api/v8.html#v8setflagsfromstringflags */
function collector(): () => void {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  v8.setFlagsFromString('--no-expose-gc')
  return collect
}
