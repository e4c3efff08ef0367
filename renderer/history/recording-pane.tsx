// One recorded session: its screen, its timeline and its actions.
import './recording-pane.css'
import '../pane-header.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { shortDateTime } from '../../ui/history/history-text.ts'
import { copy } from '../../ui/kit/copy.ts'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { PageHeader } from '../../ui/kit/page-header.tsx'
import { MarkList } from '../../ui/player/mark-list.tsx'
import { DeleteDialog, MarkDialog, RenameDialog } from '../../ui/player/recording-dialogs.tsx'
import { RecordingNotices } from '../../ui/player/recording-notices.tsx'
import { TimelineBar, type TimeRange } from '../../ui/player/timeline.tsx'
import { type PlayFrom, useRecording } from '../../ui/player/use-recording.ts'
import { CommandLine } from '../../ui/sessions/command-line.tsx'
import { printable, stateText } from '../../ui/sessions/session-text.ts'
import { ExportDialog } from './export-dialog.tsx'
import { PlayerControls } from './player-controls.tsx'
import { ShortcutsDialog } from './player-keys.tsx'
import { onRecordingKey } from './recording-shortcuts.ts'

export type { PlayFrom }

export interface RecordingPaneProps {
  client: LocalClient
  session_id: string
  /** Undefined while only its ID is known. */
  session: SessionInfo | undefined
  from: PlayFrom | undefined
  /** Opens the history. */
  back: () => void
  /** Opens the running session. */
  live: () => void
  renamed: (session: SessionInfo) => void
  deleted: () => void
}

type DialogName = 'mark' | 'rename' | 'delete' | 'export' | 'keys'

export function RecordingPane({ client, session_id, session, from, back, live, renamed, deleted }: RecordingPaneProps) {
  const box = useRef<HTMLDivElement>(null)
  const pane = useRef<HTMLElement>(null)
  const time = useRef<HTMLInputElement>(null)
  const [dialog, setDialog] = useState<DialogName>()
  const [range, setRange] = useState<TimeRange>({ from: undefined, to: undefined })
  const running = session?.state === 'running'
  const shown = useRecording({
    client,
    session_id,
    box,
    from,
    running,
    // The main process shows the target and asks for confirmation.
    openLink: target => void window.open(target),
  })
  const { timeline, state, failed, player, screen, selected } = shown
  const title = session ? printable(session.title) || 'untitled' : '…'
  const close = () => setDialog(undefined)

  useEffect(() => {
    pane.current?.focus()
  }, [])
  useEffect(() => {
    document.title = `${title} - On the Go`
  }, [title])

  const copyText = () => {
    if (screen) void copy(screen.text(), selected ? 'Selection copied' : 'Screen copied')
  }
  /** If the ends would cross, only the new one stays. */
  const setRangeEnd = (change: Partial<TimeRange>) =>
    setRange(was => {
      const next = { ...was, ...change }
      if (next.from === undefined || next.to === undefined || next.from < next.to) return next
      return { from: undefined, to: undefined, ...change }
    })

  const onKey = (event: KeyboardEvent) => {
    if (!player || !state) return
    onRecordingKey(event, {
      player,
      state,
      scrollPages: pages => screen?.scrollPages(pages),
      copy: copyText,
      mark: () => setDialog('mark'),
      openExport: () => setDialog('export'),
      openHelp: () => setDialog('keys'),
      focusTime: () => time.current?.focus(),
      setRange: (end, at) => setRangeEnd({ [end]: at }),
      back,
    })
  }

  return (
    <>
      <section ref={pane} class="recording" aria-label="Recording" tabIndex={-1} onKeyDown={onKey}>
        <PageHeader
          title={title}
          details={<CommandLine session={session} />}
          back={back}
          backLabel="Back to history"
          backHint="Back (Esc)"
        >
          <div class="buttons">
            <ToolButton icon="pencil" label="Rename" disabled={!session} onClick={() => setDialog('rename')} />
            <ToolButton
              icon="copy"
              label={selected ? 'Copy selection' : 'Copy screen'}
              keys="c"
              disabled={!screen}
              onClick={copyText}
            />
            <ToolButton
              icon="flag"
              label="Mark this moment"
              keys="m"
              disabled={!player}
              onClick={() => setDialog('mark')}
            />
            <ToolButton icon="save" label="Export" keys="e" disabled={!timeline} onClick={() => setDialog('export')} />
            <ToolButton
              icon="bin"
              label={running ? 'Delete (end the session first)' : 'Delete'}
              disabled={!session || running}
              onClick={() => setDialog('delete')}
            />
            {running && (
              <button type="button" class="primary" onClick={live}>
                Back to live
              </button>
            )}
          </div>
        </PageHeader>
        <RecordingNotices
          failure={
            failed && {
              text: `Cannot show this recording: ${failed.message}.`,
              action: 'Try again',
              act: shown.retry,
            }
          }
          state={state}
          player={player}
        />
        <div class="stage" ref={box} data-at={state && !state.seeking ? Math.round(state.at) : undefined} />
        <footer>
          {timeline && state && player && (
            <>
              <TimelineBar
                timeline={timeline}
                at={state.at}
                to={state.to}
                range={range}
                seek={at => player.seek({ at })}
              />
              <PlayerControls player={player} state={state} time={time} showKeys={() => setDialog('keys')}>
                {session && (
                  <span class="facts">
                    <time dateTime={new Date(session.created_at + state.at).toISOString()}>
                      {shortDateTime(session.created_at + state.at)}
                    </time>
                    <span>{state.end === 'live' ? 'live' : stateText(session)}</span>
                  </span>
                )}
              </PlayerControls>
              {(timeline.marks.length > 0 || timeline.gaps.length > 0) && (
                <MarkList timeline={timeline} seek={place => player.seek(place)} unmark={shown.removeMark} />
              )}
            </>
          )}
        </footer>
      </section>
      {dialog === 'mark' && player && state && (
        <MarkDialog
          client={client}
          session_id={session_id}
          at={state.at}
          offset={player.position.offset}
          marked={shown.addMark}
          close={close}
        />
      )}
      {dialog === 'rename' && session && (
        <RenameDialog client={client} session={session} renamed={renamed} close={close} />
      )}
      {dialog === 'delete' && session && (
        <DeleteDialog client={client} session={session} deleted={deleted} close={close} />
      )}
      {dialog === 'export' && timeline && (
        <ExportDialog
          client={client}
          session_id={session_id}
          title={title}
          created_at={session?.created_at}
          range={range}
          end={state?.to ?? timeline.to}
          close={close}
        />
      )}
      {dialog === 'keys' && <ShortcutsDialog close={close} />}
    </>
  )
}

interface ToolButtonProps {
  icon: 'pencil' | 'copy' | 'flag' | 'save' | 'bin'
  label: string
  keys?: string
  disabled: boolean
  onClick: () => void
}

function ToolButton({ icon, label, keys, disabled, onClick }: ToolButtonProps) {
  return (
    <IconButton
      icon={icon}
      label={label}
      aria-keyshortcuts={keys}
      title={keys ? `${label} (${keys})` : label}
      disabled={disabled}
      onClick={onClick}
    />
  )
}
