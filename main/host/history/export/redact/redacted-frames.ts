// The frames of a session, redacted: what every format of a redacted export is made of.

import { CodedError } from '../../../../../protocol/errors.ts'
import { Screen } from '../../../screen/screen.ts'
import { type ReplayFrame, replayFrames, type TimeRange } from '../replay-frames.ts'
import type { ExportSource } from '../source.ts'
import { HiddenFinder } from './find-hidden.ts'
import { HiddenBytes, Masker } from './hidden-bytes.ts'
import type { Redactor } from './redactor.ts'

/** Positions of keyframes begin here, above all offsets of logs. */
const KEYFRAMES = 2 ** 46

/** How far it has come, without a frame: a sign of life. */
export interface Step {
  kind: 'step'
  offset: number
}

/** The whole session, in which every byte keeps its time. Throws `session_unknown`. */
export function* redactedSession(
  source: ExportSource,
  session_id: string,
  redactor: Redactor,
): Generator<ReplayFrame | Step> {
  const hidden = new HiddenBytes()
  const finder = new HiddenFinder(redactor, hidden)
  /** Where keyframes are, by what they are the state at. */
  const keyframes = new Map<number, number>()
  let nextKeyframe = KEYFRAMES
  let size = { cols: 80, rows: 24 }
  let end = 0
  for (const frame of replayFrames(source, session_id)) {
    end = frame.offset
    switch (frame.kind) {
      case 'state':
        size = frame
        finder.begin(size)
        finder.write(nextKeyframe, frame.bytes)
        keyframes.set(frame.offset, nextKeyframe)
        nextKeyframe += frame.bytes.length
        break
      case 'output':
        finder.write(frame.offset - frame.bytes.length, frame.bytes)
        break
      case 'resize':
        size = frame
        finder.resize(frame.cols, frame.rows)
        break
      case 'gap':
        // There may be no state after it: what comes then is on an empty screen (redacted-lines.ts), and searched as such.
        finder.begin(size)
        break
    }
    yield { kind: 'step', offset: frame.offset }
  }
  finder.end()

  let masker = new Masker(hidden)
  for (const frame of replayFrames(source, session_id)) {
    // What was printed meanwhile was not searched.
    if (frame.offset > end) break
    if (frame.kind === 'state') {
      const position = keyframes.get(frame.offset)
      if (position === undefined) throw new CodedError('history_busy', 'the history was trimmed meanwhile; try again')
      masker = new Masker(hidden)
      yield { ...frame, bytes: masker.mask(position, frame.bytes) }
    } else if (frame.kind === 'output')
      yield { ...frame, bytes: masker.mask(frame.offset - frame.bytes.length, frame.bytes) }
    else {
      if (frame.kind === 'gap') masker = new Masker(hidden)
      yield frame
    }
  }
}

/** The same from one time to another. It begins with the state at its beginning. */
export function* redactedFrames(
  source: ExportSource,
  session_id: string,
  redactor: Redactor,
  { from, to = Number.POSITIVE_INFINITY }: TimeRange,
): Generator<ReplayFrame | Step> {
  const all = redactedSession(source, session_id, redactor)
  if (from === undefined) {
    for (const frame of all) {
      if (frame.kind !== 'step' && frame.at > to) return
      yield frame
    }
    return
  }
  let screen: Screen | undefined
  let isInside = false
  let offset = 0
  const begin = function* (): Generator<ReplayFrame> {
    isInside = true
    if (!screen) return
    const { cols, rows, vt, pending } = screen.keyframe()
    yield { kind: 'state', at: from, offset, cols, rows, bytes: Buffer.concat([vt, pending]) }
    screen.dispose()
  }
  for (const frame of all) {
    if (frame.kind === 'step') {
      yield frame
      continue
    }
    if (frame.at > to) break
    if (!isInside && frame.at >= from && frame.kind !== 'state') yield* begin()
    if (isInside) {
      yield frame
      continue
    }
    offset = frame.offset
    if (frame.kind === 'state') {
      screen?.dispose()
      screen = new Screen({ cols: frame.cols, rows: frame.rows })
      screen.write(frame.bytes)
    } else if (frame.kind === 'output') screen?.write(frame.bytes)
    else if (frame.kind === 'resize') screen?.resize(frame.cols, frame.rows)
    yield { kind: 'step', offset }
  }
  if (!isInside) yield* begin()
}
