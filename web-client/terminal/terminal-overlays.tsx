// What is opened over a terminal: the menu, renaming, ending, links, what programs want to copy. Knows nothing of the layout.
import { type Signal, useSignal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { toCoded } from '../../protocol/errors.ts'
import { copy } from '../../ui/kit/copy.ts'
import { ConfirmDialog, Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { OpenLinkDialog } from '../../ui/kit/open-link.tsx'
import { TextPreview } from '../../ui/kit/shown-text.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { printable } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { chooseFiles } from '../input/uploads.ts'
import { letProgramsAsk, programsMayAsk } from '../page/display-preferences.ts'
import { LettersRow } from '../page/font-size-row.tsx'
import { backToSessions, openReading, openRecording } from '../page/route.ts'
import { screenReader } from '../page/screen-reader.ts'
import { EndQuestion, endSession } from '../sessions/sessions.tsx'
import type { TerminalSession } from './terminal-session.ts'

export type Overlay = 'menu' | 'rename' | 'end' | 'wanted'

export interface OverlaysProps {
  link: HostLink
  session: TerminalSession
  overlay: Signal<Overlay | undefined>
  close: () => void
}

export function Overlays({ link, session, overlay, close }: OverlaysProps) {
  const title = session.title.value
  return (
    <>
      {overlay.value === 'menu' && <Menu session={session} overlay={overlay} readOnly={link.readOnly.value} />}
      {overlay.value === 'rename' && !link.readOnly.value && <Rename link={link} session={session} close={close} />}
      {overlay.value === 'end' && !link.readOnly.value && (
        <EndQuestion
          session={{ session_id: session.session_id ?? '', title, command: session.session?.command ?? [] }}
          onClose={close}
          onYes={({ session_id }) => {
            endSession(link, session_id)
            backToSessions()
          }}
        />
      )}
      {overlay.value === 'wanted' && <Wanted session={session} close={close} />}
      {session.link.value && <OpenLinkDialog target={session.link.value} close={close} />}
    </>
  )
}

interface MenuProps extends Pick<OverlaysProps, 'session' | 'overlay'> {
  /** Only what looks at things is in it. */
  readOnly: boolean
}

function Menu({ session, overlay, readOnly }: MenuProps) {
  const { cols, rows } = session.size.value
  const own = session.mode.value === 'own'
  const ended = session.exit.value !== undefined || session.failed.value !== undefined
  const then = (next: Overlay | undefined) => () => {
    overlay.value = next
  }
  return (
    <Dialog title={printable(session.title.value)} onClose={then(undefined)}>
      <p>
        {cols} × {rows}
        {ended ? '' : own ? ', this phone’s size' : ', the size of another screen'}
      </p>
      <div class="menu">
        {!ended && !readOnly && (
          <button
            type="button"
            onClick={() => {
              session.view?.setMode(own ? 'follow' : 'own')
              overlay.value = undefined
            }}
          >
            <Icon name={own ? 'give_back' : 'fit'} />
            {own ? 'Give the size back' : 'Use this phone’s size'}
          </button>
        )}
        {!ended && !readOnly && <WaysInMenu session={session} close={then(undefined)} />}
        <button type="button" disabled={!session.session_id} onClick={() => openRecording(session.session_id ?? '')}>
          <Icon name="history" /> {ended ? 'Timeline' : 'Timeline: scrub back'}
        </button>
        <LettersRow {...session.letters.value} set={size => session.view?.setLetters(size)} />
        <button
          type="button"
          disabled={!session.session_id}
          onClick={() => {
            overlay.value = undefined
            openReading(session.session_id ?? '')
          }}
        >
          <Icon name="text" /> Read as text
        </button>
        {!programsMayAsk.value && (
          <button
            type="button"
            onClick={() => {
              letProgramsAsk(true)
              overlay.value = undefined
            }}
          >
            <Icon name="copy" /> Let programs ask to copy
          </button>
        )}
        <button
          type="button"
          aria-pressed={screenReader.value}
          onClick={() => {
            screenReader.value = !screenReader.value
            overlay.value = undefined
          }}
        >
          <Icon name="speak" /> Screen reader mode{screenReader.value && <span class="state">On</span>}
        </button>
        {!readOnly && (
          <button type="button" onClick={then('rename')}>
            <Icon name="pencil" /> Rename
          </button>
        )}
        {!ended && !readOnly && (
          <button type="button" class="danger" onClick={then('end')}>
            <Icon name="stop" /> End session
          </button>
        )}
      </div>
    </Dialog>
  )
}

/** For those without a key bar too. */
function WaysInMenu({ session: { ways }, close }: { session: TerminalSession; close: () => void }) {
  const then = (use: () => void) => () => {
    close()
    use()
  }
  return (
    <>
      <button type="button" onClick={then(() => ways.compose())}>
        <Icon name="compose" /> Compose
      </button>
      <button type="button" onClick={then(() => void ways.pasteClipboard())}>
        <Icon name="paste" /> Paste
      </button>
      <button type="button" onClick={then(() => void chooseFiles().then(files => ways.bring(files)))}>
        <Icon name="attach" /> Send a photo or file
      </button>
    </>
  )
}

/** A program may only ask, since what it puts there is pasted elsewhere in good faith. */
function Wanted({ session, close }: { session: TerminalSession; close: () => void }) {
  // What was read is what is copied: a program may want something else by the time of the tap. That is told anew.
  const [text] = useState(session.wanted.peek() ?? '')
  const answered = () => {
    if (session.wanted.peek() === text) session.wanted.value = undefined
    close()
  }
  return (
    <ConfirmDialog
      title="Copy this?"
      confirmLabel="Copy"
      cancelLabel="Not now"
      onClose={answered}
      onConfirm={() => {
        copy(text)
        answered()
      }}
    >
      <p>A program in this session wants it on this phone’s clipboard.</p>
      {/* Its ends of lines too: pasted into a shell each is an Enter. */}
      <TextPreview text={text} />
      <button
        type="button"
        class="plain wide"
        onClick={() => {
          letProgramsAsk(false)
          answered()
          toast('Programs no longer ask on this phone.')
        }}
      >
        Never ask on this phone
      </button>
    </ConfirmDialog>
  )
}

function Rename({ link, session, close }: { link: HostLink; session: TerminalSession; close: () => void }) {
  const name = useSignal(session.title.value)
  const rename = () => {
    close()
    link.client
      .rename(session.session_id ?? '', name.value)
      .catch((error: unknown) => toast(toCoded(error).message, true))
  }
  return (
    <ConfirmDialog title="Rename session" confirmLabel="Rename" onConfirm={rename} onClose={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          rename()
        }}
      >
        <input
          aria-label="Name"
          value={name.value}
          maxLength={256}
          autocomplete="off"
          onInput={event => {
            name.value = event.currentTarget.value
          }}
        />
      </form>
    </ConfirmDialog>
  )
}
