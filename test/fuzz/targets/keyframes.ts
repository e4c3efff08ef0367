// Case 142: keyframes, the bytes that bring a terminal to a state: made from random output and then changed, as a damaged history, a host of
// another version or a program might. A screen's thread builds its screen from them and goes on; a client draws them. Neither may
// throw, hang or grow, and what the screen makes of them is a keyframe that draws the same screen.
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { crc32, unzstd, zstd } from '../../../main/host/recording/compression.ts'
import type { StoredKeyframe } from '../../../main/host/recording/types.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { type FromWorker, SHARED, type ToWorker } from '../../../main/host/screen/screen-protocol.ts'
import { memoryLimits } from '../../../main/host/threads/memory.ts'
import { workerFile } from '../../../main/host/threads/worker-file.ts'
import { LogApplier } from '../../../protocol/client/log-applier.ts'
import { BLOB_BYTES } from '../../../protocol/limits.ts'
import type { Blob, HostMessageOf } from '../../../protocol/messages.ts'
import { onCleanUp } from '../../support/host.ts'
import { differences } from '../../support/terminal/compare-terminals.ts'
import { dropUnsavedState } from '../../support/terminal/drop-unsaved-state.ts'
import { type Event, events, type Resize, size } from '../../support/terminal/vt-streams.ts'
import { inTime } from '../fuzz-host.ts'
import { type Edit, edited, editsWith } from '../mutate.ts'
import type { FuzzTarget } from '../target.ts'

interface Input {
  size: Resize
  output: Event[]
  /** Of the keyframe's bytes. */
  edits: Edit[]
  /** What is printed afterwards. */
  after: Event[]
  /** How its announcement differs from what it is. */
  announced: { size?: number; checksum?: number; compressed?: boolean; cols?: number; rows?: number }
  /** Of the bytes as they are stored and sent. */
  packed: Edit[]
}

const TOKENS = [
  '\x1b',
  '\x1b[',
  '\x1b[9999999b',
  '\x1b[?1049h',
  '\x1b]8;;http://x\x1b\\',
  '\x1bP',
  '\x1b_',
  '\x1bc',
  '\x1b[r',
  '\x1b7',
  '\x1b8',
  ';',
  '\x9b',
  '\xff',
  '\xe7\x95',
]

const input: fc.Arbitrary<Input> = fc.record({
  size,
  output: events,
  edits: editsWith(...TOKENS),
  after: fc.array(events, { maxLength: 1 }).map(all => all.flat()),
  announced: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.record(
        {
          size: fc.constantFrom(0, 1, 100, BLOB_BYTES),
          checksum: fc.nat(2 ** 31 - 1),
          compressed: fc.boolean(),
          cols: fc.constantFrom(1, 2, 1000),
          rows: fc.constantFrom(1, 500),
        },
        { requiredKeys: [] },
      ),
    },
  ) as fc.Arbitrary<Input['announced']>,
  packed: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Edit[]>([]) },
    { weight: 1, arbitrary: editsWith('\x28\xb5\x2f\xfd') },
  ),
})

/** To compare larger screens takes seconds. */
const COMPARED_CELLS = 20_000

const bytesOf = (text: string) => new TextEncoder().encode(text)

class Keyframes {
  #worker!: Worker
  #number = 0
  #waiting = new Map<number, (answer: StoredKeyframe | 'failed') => void>()
  #died: Error | undefined
  readonly #counts = { drawn: 0, refused: 0, bytes: 0, slowest_ms: 0 }

  start(): void {
    const shared = new Int32Array(new SharedArrayBuffer(SHARED.length * Int32Array.BYTES_PER_ELEMENT))
    this.#worker = new Worker(
      workerFile('./screen-worker', new URL('../../../main/host/screen/screen-pool.ts', import.meta.url).href),
      {
        workerData: { version: 'fuzz', rules: new Map(), shared },
        resourceLimits: memoryLimits(256),
      },
    )
    onCleanUp(() => this.#worker.terminate())
    this.#worker.on('error', error => {
      this.#died = error
    })
    this.#worker.on('message', (message: FromWorker) => {
      if (message.say === 'failed') this.#waiting.get(message.screen)?.('failed')
      if (message.say === 'reply') this.#waiting.get(message.screen)?.(message.value as StoredKeyframe)
    })
  }

  async run({ size, output, edits, after, announced, packed }: Input): Promise<void> {
    const { cols, rows, bytes } = keyframeOf(size, output)
    const raw = new Uint8Array(edited(bytes, edits))
    const blob = new Uint8Array(edited(zstd(raw), packed))
    const keyframe = {
      cols,
      rows,
      position: { offset: 1_000, n: 3 },
      size: raw.length,
      checksum: crc32(raw),
      blob,
      ...announced,
    }
    const isWhole = packed.length === 0 && Object.keys(announced).length === 0
    await this.#store(keyframe, after, isWhole)
    this.#draw(keyframe, announced.compressed ?? true, isWhole)
    if (this.#died) throw new Error('the screens’ thread died', { cause: this.#died })
  }

  finish(): string {
    return JSON.stringify(this.#counts)
  }

  /** As a screen's thread is given it when it begins again. */
  async #store(keyframe: StoredKeyframe, after: Event[], isWhole: boolean): Promise<void> {
    const screen = ++this.#number
    const post = (message: ToWorker) => this.#worker.postMessage(message)
    const answer = new Promise<StoredKeyframe | 'failed'>(resolve => this.#waiting.set(screen, resolve))
    post({ screen, do: 'restore', keyframe: { ...keyframe, blob: keyframe.blob.slice() }, silent_until: 0 })
    for (const event of after)
      if (typeof event === 'string') post({ screen, do: 'write', bytes: bytesOf(event) })
      else post({ screen, do: 'resize', ...event })
    post({ screen, do: 'call', id: 1, name: 'keyframe', request: null })
    const began = performance.now()
    const made = await inTime(answer, 'the state of a screen')
    this.#counts.slowest_ms = Math.max(this.#counts.slowest_ms, performance.now() - began)
    this.#waiting.delete(screen)
    post({ screen, do: 'close' })
    if (made === 'failed') {
      if (isWhole) throw new Error('a screen failed at a keyframe whose announcement is right')
      this.#counts.refused++
      return
    }
    this.#counts.bytes = Math.max(this.#counts.bytes, made.size)
    if (made.size > BLOB_BYTES) throw new Error(`a keyframe has ${made.size} bytes`)
    if (made.cols * made.rows <= COMPARED_CELLS) drawsTheSame(made)
  }

  /** As a client is sent it. */
  #draw(keyframe: StoredKeyframe, compressed: boolean, isWhole: boolean): void {
    const screen = new Screen({ cols: 80, rows: 24 })
    let failed: string | undefined
    const applier = new LogApplier(
      {
        have: null,
        window: 1_000_000,
        inflate: (bytes, size) => unzstd(bytes, size),
        sink: {
          write: (bytes, done) => screen.write(bytes, done),
          resize: (cols, rows) => screen.resize(cols, rows),
          reset: (cols, rows) => {
            screen.terminal.reset()
            screen.resize(cols, rows)
          },
        },
      },
      {
        ack: () => true,
        fail: ({ code }) => {
          failed = code
        },
        size: () => {},
        keyframe: () => {},
        gap: () => {},
      },
    )
    const { position, cols, rows, size, checksum, blob: bytes } = keyframe
    const blob: Blob = { size, checksum, compressed }
    try {
      applier.announce({ type: 'keyframe', handle: 1, position, cols, rows, blob } as HostMessageOf<'keyframe'>)
      applier.blob(bytes)
    } catch (error) {
      // The attachment ends with this code.
      failed = (error as { code?: string }).code ?? String(error)
    }
    screen.dispose()
    if (failed === undefined) this.#counts.drawn++
    else if (isWhole || !/^[a-z_]+$/.test(failed)) throw new Error(`a client refuses a keyframe: ${failed}`)
  }
}

function keyframeOf(size: Resize, output: Event[]): { cols: number; rows: number; bytes: Buffer } {
  const screen = new Screen({ ...size })
  for (const event of output)
    if (typeof event === 'string') screen.write(bytesOf(event))
    else screen.resize(event.cols, event.rows)
  const { cols, rows, vt, pending } = screen.keyframe()
  screen.dispose()
  return { cols, rows, bytes: Buffer.concat([vt, pending]) }
}

/** What a keyframe draws makes a keyframe that draws the same. */
function drawsTheSame({ cols, rows, size, blob }: StoredKeyframe): void {
  const once = new Screen({ cols, rows })
  once.write(unzstd(blob, size))
  const again = once.keyframe()
  const twice = new Screen({ cols: again.cols, rows: again.rows })
  twice.write(again.vt)
  twice.write(again.pending)
  dropUnsavedState(once.terminal)
  dropUnsavedState(twice.terminal)
  const found = differences(once.terminal, twice.terminal)
  once.dispose()
  twice.dispose()
  if (found.length > 0) throw new Error(`a keyframe draws another screen: ${found.slice(0, 3).join('; ')}`)
}

const target: FuzzTarget<Input> = {
  inputs: input,
  start: async () => {
    const keyframes = new Keyframes()
    keyframes.start()
    return { run: input => keyframes.run(input), finish: async () => keyframes.finish() }
  },
}
export default target
