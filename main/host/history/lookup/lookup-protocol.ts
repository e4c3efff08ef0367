// What the host's main loop and the thread that looks things up say to each other. Types only.
import type { SeekTarget } from '../../../../protocol/messages.ts'
import type { Position } from '../../../../protocol/position.ts'
import type { PlaybackChunk, SeekPoint, SeekResult } from '../playback/playback.ts'
import type { Timeline } from '../playback/timeline.ts'
import type { SearchReply, SearchRequest } from '../search/search.ts'
import type { ListReply, ListRequest } from '../search/session-list.ts'
import type { ReadReply, ReadRequest } from '../text/line-pages.ts'

/** `asker`: whoever asks for much waits for himself, not others for him. */
export type LookupRequest =
  | { do: 'list'; question: ListRequest }
  | { do: 'search'; asker: string; question: SearchRequest }
  | { do: 'timeline'; session_id: string; buckets: number }
  | { do: 'moment'; session_id: string; place: SeekTarget }
  | { do: 'stretch'; session_id: string; position: Position }
  | { do: 'place'; session_id: string; place: SeekTarget }
  | { do: 'read'; asker: string; question: ReadRequest }

export interface LookupReplies {
  list: ListReply
  search: SearchReply
  timeline: Timeline
  moment: SeekResult
  stretch: PlaybackChunk
  place: SeekPoint
  read: ReadReply
}

export type ToLookup = (LookupRequest & { ask: number }) | { do: 'cancel'; ask: number }

export type FromLookup =
  | { say: 'answer'; ask: number; value: unknown }
  | { say: 'refusal'; ask: number; code: string; message: string }
