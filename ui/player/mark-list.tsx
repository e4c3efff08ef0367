// The marks and gaps of a timeline as a list to jump from.
import type { Mark } from '../../protocol/messages.ts'
import { IconButton } from '../kit/icon-button.tsx'
import { gapText, printable } from '../sessions/session-text.ts'
import { timeCode } from './time-code.ts'
import type { Timeline } from './use-recording.ts'

export interface MarkListProps {
  timeline: Timeline
  seek: (target: { at: number } | { offset: number }) => void
  /** Left out where marks cannot be removed. */
  unmark?: ((mark: Mark) => void) | undefined
}

export function MarkList({ timeline: { marks, gaps }, seek, unmark }: MarkListProps) {
  return (
    <ul class="marks" aria-label="Marks and gaps">
      {marks.map(mark => {
        const label = printable(mark.label) || 'Mark'
        return (
          <li key={mark.mark_id} data-mark={mark.mark_id}>
            <button type="button" class="go" onClick={() => seek({ offset: mark.offset })}>
              <span class="code">{timeCode(mark.at)}</span>
              <bdi>{label}</bdi>
            </button>
            {unmark && <IconButton icon="close" label={`Remove the mark ${label}`} onClick={() => unmark(mark)} />}
          </li>
        )
      })}
      {gaps.map(({ from, to, at, reason }) => (
        <li key={`${from.offset} ${from.n}`} class="lost">
          <button type="button" class="go" onClick={() => seek({ at })}>
            <span class="code">{timeCode(at)}</span>
            {gapText(reason, to.offset - from.offset)}
          </button>
        </li>
      ))}
    </ul>
  )
}
