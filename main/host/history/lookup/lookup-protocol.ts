// What the host's main loop and the thread that looks things up say to each other. Types only.
import type { Place } from '../../../../protocol/messages.ts'
import type { Position } from '../../../../protocol/position.ts'
import type { MomentAnswer, PlaceAnswer, StretchAnswer } from '../playback/playback.ts'
import type { TimelineAnswer } from '../playback/timeline.ts'
import type { SearchAnswer, SearchQuestion } from '../search/search.ts'
import type { ListAnswer, ListQuestion } from '../search/session-list.ts'
import type { LinesAnswer, ReadQuestion } from '../text/line-pages.ts'

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
