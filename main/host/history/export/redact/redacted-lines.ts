// The lines of a redacted session, as they were on the screen.
import { crc32, zstd } from '../../../recording/compression.ts'
import { SEGMENT_BYTES } from '../../../recording/log-slice.ts'
import type { Size, StoredKeyframe } from '../../../recording/types.ts'
import type { ScreenLine } from '../../text/line-collector.ts'
import { TextRendering } from '../../text/render-text.ts'
import type { TimeRange } from '../replay-frames.ts'
import type { ScreenLineItem } from '../screen-lines.ts'
import type { ExportSource } from '../source.ts'
import { redactedSession } from './redacted-frames.ts'
import type { Redactor } from './redactor.ts'

/** Throws `session_unknown`. */
export function* redactedLines<T>(
  source: ExportSource,
  session_id: string,
  { from = 0, to = Number.POSITIVE_INFINITY }: TimeRange,
  redactor: Redactor,
  read: (line: ScreenLine) => T,
): Generator<ScreenLineItem<T>> {
  const found: ScreenLineItem<T>[] = []
  const clock = new Clock()
  const onLine = (line: ScreenLine) => {
    const { at, offset } = clock.find(line.offset)
    if (at >= from && at <= to) found.push({ kind: 'line', offset, line: read(line), blank: line.blank ?? 0 })
  }
  /** Blocks have another length than what they replace: lines have the offsets of what is rendered. */
  let written = 0
  let unfinished = 0
  let rendering: TextRendering | undefined
  let size: Size = { cols: 80, rows: 24 }
  /** After a gap there may be no state: what follows is on an empty screen. */
  const current = () => {
    rendering ??= new TextRendering({ offset: written, n: 0 }, size, undefined, onLine)
    return rendering
  }
  const close = () => {
    rendering?.withScreen()
    rendering?.dispose()
    rendering = undefined
  }
  for (const frame of redactedSession(source, session_id, redactor)) {
    const { offset } = frame
    const slice = (bytes: Uint8Array) => ({ from: { offset: written, n: 0 }, bytes, runs: [] as number[], resizes: [] })
    if (frame.kind !== 'step' && frame.at > to) break
    switch (frame.kind) {
      case 'state': {
        close()
        yield* found.splice(0)
        clock.add(written, frame.at, offset)
        size = frame
        rendering = new TextRendering({ offset: written, n: 0 }, stateOf(frame), undefined, onLine)
        break
      }
      case 'output': {
        const { bytes, at } = frame
        const begun = current()
        written += bytes.length
        clock.add(written, at, offset)
        unfinished += bytes.length
        const steps = begun.write({
          ...slice(bytes),
          from: { offset: written - bytes.length, n: 0 },
          runs: [at, bytes.length],
        })
        for (const _ of steps) {
        }
        break
      }
      case 'resize': {
        const { at, cols, rows } = frame
        const begun = current()
        size = frame
        const resize = { offset: written, n: 1, cols, rows, at }
        for (const _ of begun.write({ ...slice(new Uint8Array()), resizes: [resize] })) {
        }
        break
      }
      case 'gap':
        close()
        yield* found.splice(0)
        if (frame.at >= from) yield { kind: 'gap', offset, bytes: frame.bytes, reason: frame.reason }
        break
      case 'step':
        break
    }
    if (unfinished >= SEGMENT_BYTES) {
      rendering?.finish()
      unfinished = 0
    }
    yield* found.splice(0)
    yield { kind: 'step', offset }
  }
  close()
  yield* found
}

function stateOf({ cols, rows, bytes, offset }: Size & { bytes: Uint8Array; offset: number }): StoredKeyframe | Size {
  if (bytes.length === 0) return { cols, rows }
  return { position: { offset, n: 0 }, cols, rows, size: bytes.length, checksum: crc32(bytes), blob: zstd(bytes) }
}

/** When what was rendered up to an offset was printed, and its offset in the log. */
class Clock {
  readonly #ends: number[] = []
  readonly #times: number[] = []
  readonly #offsets: number[] = []

  /** In ascending order. */
  add(end: number, at: number, offset: number): void {
    this.#ends.push(end)
    this.#times.push(at)
    this.#offsets.push(offset)
  }

  find(offset: number): { at: number; offset: number } {
    let [low, high] = [0, this.#ends.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ends[middle]! >= offset) high = middle
      else low = middle + 1
    }
    return { at: this.#times[low] ?? 0, offset: this.#offsets[low] ?? 0 }
  }
}
