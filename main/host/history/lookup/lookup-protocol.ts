// What the thread that looks things up answers. Types only.
import type { SeekTarget } from '../../../../protocol/messages.ts'
import type { Position } from '../../../../protocol/position.ts'
import type { DatabaseFile } from '../../store/open-database.ts'
import type { PlaybackChunk, SeekPoint, SeekResult } from '../playback/playback.ts'
import type { Timeline } from '../playback/timeline.ts'
import type { SearchReply, SearchRequest } from '../search/search.ts'
import type { ListReply, ListRequest } from '../search/session-list.ts'
import type { ReadReply, ReadRequest } from '../text/line-pages.ts'

/** Answered at once, in one step. */
export interface InstantCalls {
  list(request: ListRequest): ListReply
  timeline(request: { session_id: string; buckets: number }): Timeline
  seek(request: { session_id: string; target: SeekTarget }): SeekResult
  playback(request: { session_id: string; position: Position }): PlaybackChunk
  resolve(request: { session_id: string; target: SeekTarget }): SeekPoint
}

/** Answered in steps, and cancellable. Clients take turns: one that asks for much delays itself, not the others. */
export interface LongCalls {
  search(request: SearchRequest & { client: string }): SearchReply
  read(request: ReadRequest & { client: string }): ReadReply
}

export interface LookupCalls extends InstantCalls, LongCalls {}

export interface LookupWorkerData {
  file: DatabaseFile
}
