// What a database holds of a session's log: bytes, and gaps with their reasons.
import { LogReader } from '../../../main/host/history/playback/reader.ts'
import { Store } from '../../../main/host/store/store.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'
import { inflate } from '../history.ts'

export interface RecordedExtents {
  pieces: { offset: number; bytes: Buffer }[]
  gaps: { from: number; to: number; reason: string }[]
}

export function recordedExtents(file: string, session_id: string): RecordedExtents {
  const store = new Store(file, Date.now)
  const extents: RecordedExtents = { pieces: [], gaps: [] }
  try {
    const reader = new LogReader(store)
    for (let position: Position = LOG_START; ; ) {
      const result = reader.read(session_id, position)
      if (result.kind === 'end') return extents
      if (result.kind === 'gap') {
        extents.gaps.push({ from: result.from.offset, to: result.to.offset, reason: result.reason })
        position = result.to
        continue
      }
      extents.pieces.push({ offset: result.position.offset, bytes: inflate(result) })
      position = result.end
    }
  } finally {
    store.close()
  }
}
