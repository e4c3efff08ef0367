// A gap ends exactly where there is output again, although the next keyframe comes later.
import { afterEach, expect, it } from 'vitest'
import { replayFrames } from '../../../main/host/history/export/replay-frames.ts'
import { Playback } from '../../../main/host/history/playback/playback.ts'
import { LogReader } from '../../../main/host/history/playback/reader.ts'
import { Store } from '../../../main/host/store/store.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'
import { cleanUpHistories, databaseFile, openDatabase, openHistory, Recording, until } from '../../support/history.ts'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'

afterEach(cleanUpHistories)

const MB = 1024 * 1024

it('after a full disk, everything that was recorded is played and exported, and the screen is right from the next keyframe on', async () => {
  const file = databaseFile()
  const history = await openHistory(file)
  const recording = new Recording(history)
  recording.print(incompressibleBytes(MB))
  await history.flush()
  const pages = openDatabase(file).pragma('page_count', { simple: true }) as number
  await history.pragma(`max_page_count = ${pages + 20}`)
  // More than the queue holds; segments end where they want, not where the gap will end.
  for (let i = 0; i < 50; i++) {
    recording.print(incompressibleBytes(MB / 2, i + 1))
    if (i % 7 === 0) {
      recording.seal()
      recording.keyframe(`state ${i}`)
    }
    await until(() => history.behind < MB)
  }
  const flushed = history.flush()
  await history.pragma('max_page_count = 1000000')
  await flushed
  recording.print('the end\r\n')
  recording.seal()
  recording.keyframe('last state')
  recording.print('after\r\n')
  await history.flush()

  const store = new Store(file, Date.now, { readonly: true })
  const reader = new LogReader(store)
  const source = { store, reader, playback: new Playback(store, reader) }
  const { session_id, end } = recording
  let missing = 0
  let played = 0
  const resyncs: number[] = []
  for (let at: Position = LOG_START; ; ) {
    const chunk = source.playback.chunkAt(session_id, at)
    if (chunk.kind === 'end') break
    if (chunk.kind === 'gap') missing += chunk.to.offset - at.offset
    else {
      played += chunk.end.offset - at.offset
      if (chunk.resync) resyncs.push(chunk.end.offset)
    }
    at = chunk.kind === 'gap' ? chunk.to : chunk.end
  }
  expect(missing).toBeGreaterThan(MB)
  expect(missing + played).toBe(end.offset)
  // Once, at the first keyframe after the gap.
  expect(resyncs.length).toBe(1)
  expect(source.playback.seek(session_id, { offset: resyncs[0]! }).keyframe.position.offset).toBe(resyncs[0])

  const frames = [...replayFrames(source, session_id)]
  const bytesOf = (kind: 'gap' | 'output') =>
    frames.reduce((sum, frame) => {
      if (frame.kind !== kind) return sum
      return sum + (frame.kind === 'gap' ? frame.bytes : frame.kind === 'output' ? frame.bytes.length : 0)
    }, 0)
  expect(bytesOf('gap')).toBe(missing)
  expect(bytesOf('output')).toBe(played)
  expect(frames.filter(({ kind, offset }) => kind === 'state' && offset === resyncs[0]).length).toBe(1)
  store.close()
})
