// What the host's main loop and the thread that looks things up say to each other. Types only.
import type { HistoryFilter, HostMessageOf, Place, SessionInfo } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'
import type { LinesAnswer, ReadQuestion } from './reading.ts'
import type { SearchAnswer, SearchQuestion } from './search.ts'
import type { LostReason, StoredKeyframe, TimedResize } from './types.ts'

export interface ListQuestion {
  filter: HistoryFilter
  limit: number
  cursor: string | undefined
  /** Sessions that are in memory, as they are now. */
  live: SessionInfo[]
}

export interface ListAnswer {
  sessions: SessionInfo[]
  cursor: string | null
}

export type TimelineAnswer = Omit<HostMessageOf<'timeline'>, 'type' | 'request_id'>

/** A keyframe and its moment, in milliseconds since birth. */
export interface MomentAnswer {
  keyframe: StoredKeyframe
  at: number
}

/** A blob as it travels: as one zstd frame, or as it is. */
export interface SentBlob {
  size: number
  checksum: number
  compressed: boolean
  blob: Uint8Array
}

export type StretchAnswer =
  | {
      kind: 'output'
      position: Position
      end: Position
      /** What encodeRuns made. */
      timing: SentBlob
      output: SentBlob
      resizes: TimedResize[]
    }
  | { kind: 'hole'; from: Position; to: Position; next: Position; reason: LostReason }
  | { kind: 'end'; position: Position }

/** A place by the log and by the clock. */
export interface PlaceAnswer {
  offset: number
  at: number
}

/** `asker`: whoever asks for much waits for himself, not others for him. */
export type Question =
  | { do: 'list'; question: ListQuestion }
  | { do: 'search'; asker: string; question: SearchQuestion }
  | { do: 'timeline'; session_id: string; buckets: number }
  | { do: 'moment'; session_id: string; place: Place }
  | { do: 'stretch'; session_id: string; position: Position }
  | { do: 'place'; session_id: string; place: Place }
  | { do: 'read'; asker: string; question: ReadQuestion }

export interface Answers {
  list: ListAnswer
  search: SearchAnswer
  timeline: TimelineAnswer
  moment: MomentAnswer
  stretch: StretchAnswer
  place: PlaceAnswer
  read: LinesAnswer
}

export type ToLookup = (Question & { ask: number }) | { do: 'cancel'; ask: number }

export type FromLookup =
  | { say: 'answer'; ask: number; value: unknown }
  | { say: 'refusal'; ask: number; code: string; message: string }
