// Playback of a session, also one that is still running: its screen, its timeline, and its menu.
import './recording.css'
import { useSignal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { SeekTarget, SessionInfo } from '../../protocol/messages.ts'
import { shortDateTime } from '../../ui/history/history-text.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { OpenLinkDialog } from '../../ui/kit/open-link.tsx'
import { PageHeader } from '../../ui/kit/page-header.tsx'
import { DeleteDialog, MarkDialog, RenameDialog } from '../../ui/player/recording-dialogs.tsx'
import { RecordingNotices } from '../../ui/player/recording-notices.tsx'
import { timeCode } from '../../ui/player/time-code.ts'
import { TimelineBar } from '../../ui/player/timeline.tsx'
import { type PlayFrom, useRecording } from '../../ui/player/use-recording.ts'
import { printable, stateText } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { back, backToLive, type FoundLine, openReading, openTerminal } from '../page/route.ts'
import { restartSpec } from '../sessions/new-session-spec.ts'
import { usePageTitle } from '../sessions/page-title.ts'
import { ExportSheet } from './export-sheet.tsx'
import { noteHistoryChange } from './history-changes.ts'
import { PlayerBar } from './player-bar.tsx'
import { MarksSheet, RecordingMenu } from './recording-sheets.tsx'

export interface RecordingProps {
  link: HostLink
  session_id: string
  /** Where playback begins; left out: at the end. */
  target: SeekTarget | undefined
  /** A search hit to highlight there. */
  found: FoundLine | undefined
}

type Sheet = 'menu' | 'marks' | 'mark' | 'rename' | 'delete' | 'export'

const ALL = { from: undefined, to: undefined }

/** Shorter recordings show tenths of a second. */
const TENTHS_MS = 60_000

/** How far an arrow key moves on the timeline. */
const JUMP_MS = 5_000

export function Recording({ link, session_id, target, found }: RecordingProps) {
  const box = useRef<HTMLDivElement>(null)
  const sheet = useSignal<Sheet | undefined>(undefined)
  const openedLink = useSignal<string | undefined>(undefined)
  /** The time under a finger on the timeline, in milliseconds. */
  const touched = useSignal<number | undefined>(undefined)
  const [complete, setComplete] = useState<SessionInfo>()
  const { client } = link
  const listed = link.sessions.value?.find(one => one.session_id === session_id)
  // The list is more recent, but may have shortened the command.
  const session = complete && listed ? { ...listed, command: complete.command } : (complete ?? listed)
  const running = session?.state === 'running'
  const shown = useRecording({
    client,
    session_id,
    box,
    from: startOf(target, found),
    running,
    openLink: to => {
      openedLink.value = to
    },
  })
  const { timeline, state, failed, player } = shown
  const title = session ? printable(session.title) || 'untitled' : '…'
  const readOnly = link.readOnly.value
  const close = () => {
    sheet.value = undefined
  }

  useEffect(() => {
    client.history.sessions({ filter: { session_id }, limit: 1 }).then(
      ({ sessions: [session] }) => session && setComplete(session),
      () => {}, // the player reports the error
    )
  }, [client, session_id])
  usePageTitle(title)

  // Repeats what failed while the connection was lost.
  const ready = link.state.value.name === 'ready'
  useEffect(() => {
    if (!ready) return
    if (failed) shown.retry()
    else if (state?.error) player?.seek({ at: state.at })
  }, [ready])

  const jump = (event: KeyboardEvent) => {
    if (!player || !state) return
    const { at, from, to } = state
    const tenth = (to - from) / 10
    const goal = {
      ArrowLeft: at - JUMP_MS,
      ArrowDown: at - JUMP_MS,
      ArrowRight: at + JUMP_MS,
      ArrowUp: at + JUMP_MS,
      PageDown: at - tenth,
      PageUp: at + tenth,
      Home: from,
      End: to,
    }[event.key]
    if (goal === undefined) return
    event.preventDefault()
    player.seek({ at: goal })
  }

  return (
    <div class="page recording-page">
      <PageHeader
        title={title}
        back={back}
        details={
          session && state ? (
            <p>
              <time dateTime={new Date(session.created_at + state.at).toISOString()}>
                {shortDateTime(session.created_at + state.at)}
              </time>
            </p>
          ) : null
        }
      >
        <IconButton
          icon="text"
          label="Read as text"
          disabled={!player}
          onClick={() => openReading(session_id, player?.position.offset)}
        />
        <IconButton
          icon="more"
          label="Menu"
          aria-haspopup="dialog"
          disabled={!timeline || !session}
          onClick={() => {
            sheet.value = 'menu'
          }}
        />
      </PageHeader>
      <ConnectionBanner state={link.state.value} reached={link.reached.value} retry={link.retry} />
      <RecordingNotices
        failure={
          failed &&
          (failed.code === 'session_unknown'
            ? { text: 'This recording was deleted.', action: 'Go back', act: back }
            : { text: `The recording cannot be shown: ${failed.message}.`, action: 'Try again', act: shown.retry })
        }
        state={state}
        player={player}
      />
      <div class="stage">
        <div class="box" ref={box} data-at={state && !state.seeking ? Math.round(state.at) : undefined} />
      </div>
      <footer>
        {timeline && state && player && (
          <>
            <div class="now">
              <span class="at">{timeCode(state.at, state.to < TENTHS_MS)}</span>
              <span class="to">
                / {timeCode(state.to, state.to < TENTHS_MS)}
                {session && (running ? ', running' : `, ${stateText(session)}`)}
              </span>
              {running && (
                <button type="button" class="live" onClick={() => backToLive(session_id)}>
                  Back to live
                </button>
              )}
            </div>
            <div class="scrub">
              {touched.value !== undefined && (
                <output class="under-finger" style={{ left: `${percentOf(touched.value, state)}%` }}>
                  {timeCode(touched.value, true)}
                </output>
              )}
              <TimelineBar
                timeline={timeline}
                at={state.at}
                to={state.to}
                range={ALL}
                seek={at => player.seek({ at })}
                onKeyDown={jump}
                onTouch={at => {
                  touched.value = at
                }}
              />
            </div>
            <PlayerBar
              player={player}
              state={state}
              marks={timeline.marks.length}
              showMarks={() => {
                sheet.value = 'marks'
              }}
            />
          </>
        )}
        {!timeline && !failed && <p class="note appears">Loading the recording…</p>}
      </footer>
      {sheet.value === 'menu' && session && (
        <RecordingMenu
          session={session}
          readOnly={readOnly}
          close={close}
          choose={what => {
            if (what === 'mark') player?.pause()
            sheet.value = what
          }}
          read={() => openReading(session_id, player?.position.offset)}
          restart={() => openTerminal(null, restartSpec(session))}
        />
      )}
      {sheet.value === 'marks' && timeline && (
        <MarksSheet
          timeline={timeline}
          readOnly={readOnly}
          close={close}
          seek={where => {
            close()
            player?.seek(where)
          }}
          unmark={shown.removeMark}
          mark={() => {
            player?.pause()
            sheet.value = 'mark'
          }}
        />
      )}
      {sheet.value === 'mark' && player && state && (
        <MarkDialog
          client={client}
          session_id={session_id}
          at={state.at}
          offset={player.position.offset}
          marked={shown.addMark}
          close={close}
        />
      )}
      {sheet.value === 'rename' && session && (
        <RenameDialog
          client={client}
          session={session}
          renamed={({ title }) => {
            setComplete(was => was && { ...was, title })
            noteHistoryChange()
          }}
          close={close}
        />
      )}
      {sheet.value === 'delete' && session && (
        <DeleteDialog
          client={client}
          session={session}
          deleted={() => {
            noteHistoryChange()
            back()
          }}
          close={close}
        />
      )}
      {sheet.value === 'export' && (
        <ExportSheet
          client={client}
          session_id={session_id}
          title={title}
          created_at={session?.created_at}
          close={close}
        />
      )}
      {openedLink.value && (
        <OpenLinkDialog
          target={openedLink.value}
          close={() => {
            openedLink.value = undefined
          }}
        />
      )}
    </div>
  )
}

function startOf(target: SeekTarget | undefined, found: FoundLine | undefined): PlayFrom | undefined {
  if (!target) return undefined
  return found && 'offset' in target ? { hit: { ...found, offset: target.offset } } : { target }
}

function percentOf(at: number, { from, to }: { from: number; to: number }): number {
  return (100 * (at - from)) / Math.max(1, to - from)
}
