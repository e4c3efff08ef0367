// The menu and the list of marks over a recording.
import type { Mark, SessionInfo } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { MarkList } from '../../ui/player/mark-list.tsx'
import type { Timeline } from '../../ui/player/use-recording.ts'
import { commandLine, printable, shortPath } from '../../ui/sessions/session-text.ts'

export interface RecordingMenuProps {
  session: SessionInfo
  readOnly: boolean
  choose: (what: 'mark' | 'rename' | 'delete' | 'export') => void
  read: () => void
  restart: () => void
  close: () => void
}

export function RecordingMenu({ session, readOnly, choose, read, restart, close }: RecordingMenuProps) {
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
            <button type="button" onClick={restart}>
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
  seek: (target: { at: number } | { offset: number }) => void
  unmark: (mark: Mark) => void
  mark: () => void
  close: () => void
}

/** The marks and gaps of the timeline as a list. */
export function MarksSheet({ timeline, readOnly, seek, unmark, mark, close }: MarksSheetProps) {
  return (
    <Dialog title="Marks" class="marks-sheet" onClose={close}>
      {timeline.marks.length === 0 && timeline.gaps.length === 0 ? (
        <p>{readOnly ? 'This recording has no marks.' : 'Mark a moment to find it again.'}</p>
      ) : (
        <MarkList timeline={timeline} seek={seek} unmark={readOnly ? undefined : unmark} />
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
