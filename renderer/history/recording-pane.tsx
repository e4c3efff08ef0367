// One recorded session: its screen, its timeline, and what can be done with it, by pointer and by keyboard. Knows nothing
// of how a recording is read.
import './recording-pane.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { Mark, SessionInfo } from '../../protocol/messages.ts'
import { shortDateTime } from '../../ui/history/history-text.ts'
import { copy } from '../../ui/kit/copy.ts'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { SPEEDS } from '../../ui/player/player.ts'
import { DeleteDialog, MarkDialog, RenameDialog } from '../../ui/player/recording-dialogs.tsx'
import { RecordingNotices } from '../../ui/player/recording-notices.tsx'
import { timeCode } from '../../ui/player/time-code.ts'
import { TimelineBar, type TimeRange } from '../../ui/player/timeline.tsx'
import { type PlayFrom, useRecording } from '../../ui/player/use-recording.ts'
import { commandLine, formatBytes, printable, shortPath, stateText } from '../../ui/sessions/session-text.ts'
import { ExportDialog } from './export-dialog.tsx'
import { PlayerControls } from './player-controls.tsx'
import { PlayerKeys } from './player-keys.tsx'

export type { PlayFrom }

export interface RecordingPaneProps {
  client: HostClient
  session_id: string
  /** As it is known so far; undefined when only its id is. */
  session: SessionInfo | undefined
  from: PlayFrom | undefined
  /** To the list that it was found in. */
  back: () => void
  /** To the session itself, which runs. */
  live: () => void
  /** Its name is another one now. */
  renamed: (session: SessionInfo) => void
  deleted: () => void
}

type Asking = 'mark' | 'rename' | 'delete' | 'export' | 'keys'

/** What an arrow jumps. */
const JUMP_MS = 5_000
const FAR_JUMP_MS = 60_000

export function RecordingPane({ client, session_id, session, from, back, live, renamed, deleted }: RecordingPaneProps) {
  const box = useRef<HTMLDivElement>(null)
  const pane = useRef<HTMLElement>(null)
  const time = useRef<HTMLInputElement>(null)
  const [asking, setAsking] = useState<Asking>()
  const [range, setRange] = useState<TimeRange>({ from: undefined, to: undefined })
  const running = session?.state === 'running'
  const shown = useRecording({
    client,
    session_id,
    box,
    from,
    running,
    // The main process shows where the link leads, and asks.
    openLink: target => void window.open(target),
  })
  const { timeline, state, failed, player, screen, selected } = shown
  const title = session ? printable(session.title) || 'untitled' : '…'
  const close = () => setAsking(undefined)

  useEffect(() => {
    pane.current?.focus()
  }, [])
  useEffect(() => {
    document.title = `${title} - On the Go`
  }, [title])

  const copyText = () => {
    if (screen) void copy(screen.text(), selected ? 'The selection is copied' : 'The screen is copied')
  }
  const unmark = ({ mark_id }: Mark) =>
    client.history.unmark(session_id, mark_id).then(
      () => shown.setMarks(marks => marks.filter(one => one.mark_id !== mark_id)),
      error => toast(toCoded(error).message, true),
    )
  /** A range whose ends have changed places is none. */
  const limit = (change: Partial<TimeRange>) =>
    setRange(was => {
      const next = { ...was, ...change }
      if (next.from === undefined || next.to === undefined || next.from < next.to) return next
      return { from: undefined, to: undefined, ...change }
    })

  const keys = (event: KeyboardEvent) => {
    if (!player || !state || event.defaultPrevented) return
    const target = event.target as HTMLElement
    if (isField(target)) return
    // As in a terminal.
    if (event.ctrlKey && event.shiftKey && event.key.toLowerCase() === 'c') {
      event.preventDefault()
      return copyText()
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    // Those are a button's own.
    if (target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter')) return
    const { at } = state
    const by = (milliseconds: number) => player.seek({ at: at + milliseconds })
    const tenth = (state.to - state.from) / 10
    const speed = SPEEDS.indexOf(state.speed)
    const done = () => {
      switch (event.key) {
        case ' ':
          return state.playing ? player.pause() : player.play()
        case '.':
          return player.step(1)
        case ',':
          return player.step(-1)
        case 'ArrowLeft':
          return by(event.shiftKey ? -FAR_JUMP_MS : -JUMP_MS)
        case 'ArrowRight':
          return by(event.shiftKey ? FAR_JUMP_MS : JUMP_MS)
        case 'PageUp':
          return event.shiftKey ? screen?.scrollPages(-1) : by(-tenth)
        case 'PageDown':
          return event.shiftKey ? screen?.scrollPages(1) : by(tenth)
        case 'Home':
          return player.seek({ at: state.from })
        case 'End':
          return player.seek({ at: state.to })
        case '<':
          player.speed = SPEEDS[Math.max(0, speed - 1)]!
          return
        case '>':
          player.speed = SPEEDS[Math.min(SPEEDS.length - 1, speed + 1)]!
          return
        case 'i':
          player.skipIdle = !state.skipIdle
          return
        case 'g':
          return time.current?.focus()
        case 'c':
          return copyText()
        case 'm':
          player.pause()
          return setAsking('mark')
        case 'e':
          return setAsking('export')
        case '[':
          return limit({ from: at })
        case ']':
          return limit({ to: at })
        case '?':
          return setAsking('keys')
        case 'Escape':
          return back()
        default:
          return false
      }
    }
    if (done() !== false) event.preventDefault()
  }

  return (
    <>
      <section ref={pane} class="recording" aria-label="Recording" tabIndex={-1} onKeyDown={keys}>
        <header>
          <button type="button" class="icon" aria-label="Back to the history" title="Back (Esc)" onClick={back}>
            <Icon name="back" />
          </button>
          <div class="name">
            <h1>
              <bdi>{title}</bdi>
            </h1>
            {session && (
              <bdi class="what">
                {commandLine(session.command)} <span class="where">{shortPath(session.cwd, 60)}</span>
              </bdi>
            )}
          </div>
          <div class="does">
            <Tool icon="pencil" label="Rename" disabled={!session} onClick={() => setAsking('rename')} />
            <Tool
              icon="copy"
              label={selected ? 'Copy the selection' : 'Copy the screen'}
              keys="c"
              disabled={!screen}
              onClick={copyText}
            />
            <Tool icon="flag" label="Mark this moment" keys="m" disabled={!player} onClick={() => setAsking('mark')} />
            <Tool icon="save" label="Export" keys="e" disabled={!timeline} onClick={() => setAsking('export')} />
            <Tool
              icon="bin"
              label={running ? 'Delete: only when it has ended' : 'Delete'}
              disabled={!session || running}
              onClick={() => setAsking('delete')}
            />
            {running && (
              <button type="button" class="primary" onClick={live}>
                Back to live
              </button>
            )}
          </div>
        </header>
        <RecordingNotices
          failure={
            failed && {
              text: `This recording cannot be shown: ${failed.message}.`,
              does: 'Try again',
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
              <PlayerControls player={player} state={state} time={time} showKeys={() => setAsking('keys')}>
                {session && (
                  <span class="facts">
                    <time dateTime={new Date(session.created_at + state.at).toISOString()}>
                      {shortDateTime(session.created_at + state.at)}
                    </time>
                    <span>{state.end === 'live' ? 'live' : stateText(session)}</span>
                  </span>
                )}
              </PlayerControls>
              <Marks timeline={timeline} seek={place => player.seek(place)} unmark={unmark} />
            </>
          )}
        </footer>
      </section>
      {asking === 'mark' && player && state && (
        <MarkDialog
          client={client}
          session_id={session_id}
          at={state.at}
          offset={player.position.offset}
          marked={mark => shown.setMarks(marks => [...marks.filter(one => one.mark_id !== mark.mark_id), mark])}
          close={close}
        />
      )}
      {asking === 'rename' && session && (
        <RenameDialog client={client} session={session} renamed={renamed} close={close} />
      )}
      {asking === 'delete' && session && (
        <DeleteDialog client={client} session={session} deleted={deleted} close={close} />
      )}
      {asking === 'export' && timeline && (
        <ExportDialog
          client={client}
          session_id={session_id}
          title={title}
          created_at={session?.created_at}
          range={range}
          most={state?.to ?? timeline.to}
          close={close}
        />
      )}
      {asking === 'keys' && <PlayerKeys close={close} />}
    </>
  )
}

interface ToolProps {
  icon: 'pencil' | 'copy' | 'flag' | 'save' | 'bin'
  label: string
  keys?: string
  disabled: boolean
  onClick: () => void
}

function Tool({ icon, label, keys, disabled, onClick }: ToolProps) {
  return (
    <button
      type="button"
      class="icon"
      aria-label={label}
      aria-keyshortcuts={keys}
      title={keys ? `${label} (${keys})` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  )
}

interface MarksProps {
  timeline: Parameters<typeof TimelineBar>[0]['timeline']
  seek: (place: { at: number } | { offset: number }) => void
  unmark: (mark: Mark) => void
}

/** What is on the timeline, in words. */
function Marks({ timeline: { marks, gaps }, seek, unmark }: MarksProps) {
  if (marks.length === 0 && gaps.length === 0) return null
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
            <button type="button" class="icon" aria-label={`Remove the mark ${label}`} onClick={() => unmark(mark)}>
              <Icon name="close" />
            </button>
          </li>
        )
      })}
      {gaps.map(gap => (
        <li key={`${gap.from.offset} ${gap.from.n}`} class="lost">
          <button type="button" class="go" onClick={() => seek({ at: gap.at })}>
            <span class="code">{timeCode(gap.at)}</span>
            {formatBytes(gap.to.offset - gap.from.offset)} missing
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Whoever types into something does not mean the player; into the terminal's own field nobody types. */
function isField(target: HTMLElement): boolean {
  if (target.classList.contains('xterm-helper-textarea')) return false
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  )
}
