// What exports read from.
import type { Store } from '../../store/store.ts'
import { Playback } from '../playback/playback.ts'
import { LogReader } from '../playback/reader.ts'

export interface ExportSource {
  store: Store
  reader: LogReader
  playback: Playback
}

export function sourceOf(store: Store): ExportSource {
  const reader = new LogReader(store)
  return { store, reader, playback: new Playback(store, reader) }
}
