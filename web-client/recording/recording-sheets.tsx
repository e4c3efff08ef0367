// What opens over a recording on a phone: its menu, and its marks. Knows no player.
import type { Mark, SessionInfo } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { timeCode } from '../../ui/player/time-code.ts'
import type { Timeline } from '../../ui/player/use-recording.ts'
import { commandLine, formatBytes, gapText, printable, shortPath } from '../../ui/sessions/session-text.ts'

export interface RecordingMenuProps {
  session: SessionInfo
  readOnly: boolean
  choose: (what: 'mark' | 'rename' | 'delete' | 'export') => void
  read: () => void
  again: () => void
  close: () => void
}

export function RecordingMenu({ session, readOnly, choose, read, again, close }: RecordingMenuProps) {
  const running = session.state === 'running'
  return (
    <Dialog title={printable(session.title) || 'untitled'} onClose={close}>
      <p>
        <code>{commandLine(session.command)}</code> <bdi>{shortPath(session.cwd)}</bdi>
      </p>
      <div class="menu">
        <button type="button" onClick={read}>
          <Icon name="text" /> Read as text
        </button>
        <button type="button" onClick={() => choose('export')}>
          <Icon name="save" /> Export
        </button>
        {!readOnly && (
          <>
            <button type="button" onClick={() => choose('mark')}>
              <Icon name="flag" /> Mark this moment
            </button>
            <button type="button" onClick={() => choose('rename')}>
              <Icon name="pencil" /> Rename
            </button>
          </>
        )}
        {!readOnly && !running && (
          <>
            <button type="button" onClick={again}>
              <Icon name="again" /> Start again
            </button>
            <button type="button" class="danger" onClick={() => choose('delete')}>
              <Icon name="bin" /> Delete
            </button>
          </>
        )}
      </div>
    </Dialog>
  )
}

export interface MarksSheetProps {
  timeline: Timeline
  readOnly: boolean
  seek: (place: { at: number } | { offset: number }) => void
  unmark: (mark: Mark) => void
  mark: () => void
  close: () => void
}

/** What is on the timeline, in words. */
export function MarksSheet({ timeline: { marks, gaps }, readOnly, seek, unmark, mark, close }: MarksSheetProps) {
  return (
    <Dialog title="Marks" class="marks-sheet" onClose={close}>
      {marks.length === 0 && gaps.length === 0 ? (
        <p>A mark is a moment to come back to.{readOnly ? ' There is none here.' : ''}</p>
      ) : (
        <ul>
          {marks.map(one => {
            const label = printable(one.label) || 'Mark'
            return (
              <li key={one.mark_id}>
                <button type="button" class="go" onClick={() => seek({ offset: one.offset })}>
                  <span class="code">{timeCode(one.at)}</span>
                  <bdi>{label}</bdi>
                </button>
                {!readOnly && (
                  <button
                    type="button"
                    class="icon"
                    aria-label={`Remove the mark ${label}`}
                    onClick={() => unmark(one)}
                  >
                    <Icon name="close" />
                  </button>
                )}
              </li>
            )
          })}
          {gaps.map(({ from, to, at, reason }) => (
            <li key={`${from.offset} ${from.n}`} class="lost">
              <button type="button" class="go" onClick={() => seek({ at })}>
                <span class="code">{timeCode(at)}</span>
                {gapText(reason, to.offset - from.offset) ?? formatBytes(to.offset - from.offset)}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="actions">
        <button type="button" onClick={close}>
          Close
        </button>
        {!readOnly && (
          <button type="button" class="primary" onClick={mark}>
            Mark this moment
          </button>
        )}
      </div>
    </Dialog>
  )
}
