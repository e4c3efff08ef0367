// The sheets and dialogs over a terminal: menu, rename, end, links, clipboard requests.
import { type Signal, useSignal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { copy } from '../../ui/kit/copy.ts'
import { ConfirmDialog, Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { OpenLinkDialog } from '../../ui/kit/open-link.tsx'
import { TextPreview } from '../../ui/kit/text-preview.tsx'
import { toast, toastError } from '../../ui/kit/toast.tsx'
import { printable } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { chooseFiles } from '../input/uploads.ts'
import { allowClipboardRequests, clipboardRequestsAllowed } from '../page/display-preferences.ts'
import { FontSizeRow } from '../page/font-size-row.tsx'
import { backToSessions, openReading, openRecording } from '../page/route.ts'
import { screenReader } from '../page/screen-reader.ts'
import { EndSessionDialog, endSession } from '../sessions/sessions.tsx'
import { ControlMenu } from './control-menu.tsx'
import { NotifyMenu } from './notify-menu.tsx'
import type { TerminalSession } from './terminal-session.ts'

export type Overlay = 'menu' | 'rename' | 'end' | 'clipboard'

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
      {overlay.value === 'menu' && (
        <Menu link={link} session={session} overlay={overlay} readOnly={link.readOnly.value} />
      )}
      {overlay.value === 'rename' && !link.readOnly.value && <Rename link={link} session={session} close={close} />}
      {overlay.value === 'end' && !link.readOnly.value && (
        <EndSessionDialog
          session={{ session_id: session.session_id ?? '', title, command: session.session?.command ?? [] }}
          onClose={close}
          onYes={({ session_id }) => {
            endSession(link, session_id)
            backToSessions()
          }}
        />
      )}
      {overlay.value === 'clipboard' && <ClipboardDialog session={session} close={close} />}
      {session.link.value && <OpenLinkDialog target={session.link.value} close={close} />}
    </>
  )
}

interface MenuProps extends Pick<OverlaysProps, 'link' | 'session' | 'overlay'> {
  /** Hides everything that changes the session. */
  readOnly: boolean
}

function Menu({ link, session, overlay, readOnly }: MenuProps) {
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
        {ended ? '' : own ? ', this phone’s size' : ', another screen’s size'}
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
            {own ? 'Stop using this phone’s size' : 'Use this phone’s size'}
          </button>
        )}
        {!ended && !readOnly && <InputMenu session={session} close={then(undefined)} />}
        <button type="button" disabled={!session.session_id} onClick={() => openRecording(session.session_id ?? '')}>
          <Icon name="history" /> Open timeline
        </button>
        <FontSizeRow {...session.fontSize.value} set={size => session.view?.setFontSize(size)} />
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
        {!clipboardRequestsAllowed.value && (
          <button
            type="button"
            onClick={() => {
              allowClipboardRequests(true)
              overlay.value = undefined
            }}
          >
            <Icon name="copy" /> Allow copy requests
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
        {!ended && !readOnly && session.session_id && (
          <>
            <NotifyMenu link={link} session_id={session.session_id} close={then(undefined)} />
            <ControlMenu link={link} session_id={session.session_id} close={then(undefined)} />
          </>
        )}
        {!ended && !readOnly && (
          <button
            type="button"
            disabled={!session.session_id}
            onClick={() => {
              overlay.value = undefined
              link.client.resetTerminal(session.session_id ?? '').catch(toastError)
            }}
          >
            <Icon name="reset" /> Reset terminal
          </button>
        )}
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

/** Also on the key bar, which is hidden with a hardware keyboard. */
function InputMenu({ session: { input }, close }: { session: TerminalSession; close: () => void }) {
  const then = (use: () => void) => () => {
    close()
    use()
  }
  return (
    <>
      <button type="button" onClick={then(() => input.compose())}>
        <Icon name="compose" /> Compose text
      </button>
      <button type="button" onClick={then(() => void input.pasteClipboard())}>
        <Icon name="paste" /> Paste
      </button>
      <button type="button" onClick={then(() => void chooseFiles().then(files => input.upload(files)))}>
        <Icon name="attach" /> Upload a photo or file
      </button>
    </>
  )
}

/** A program can only request a copy: the user will later paste it elsewhere in good faith. */
function ClipboardDialog({ session, close }: { session: TerminalSession; close: () => void }) {
  // Copies the text that was shown: the program may have requested another one meanwhile, which gets its own notice.
  const [text] = useState(session.clipboardRequest.peek() ?? '')
  const done = () => {
    if (session.clipboardRequest.peek() === text) session.clipboardRequest.value = undefined
    close()
  }
  return (
    <ConfirmDialog
      title="Copy this text?"
      confirmLabel="Copy"
      cancelLabel="Not now"
      onClose={done}
      onConfirm={() => {
        copy(text)
        done()
      }}
    >
      <p>A program in this session wants to copy it to this phone’s clipboard.</p>
      {/* Shows line ends: pasted into a shell, each acts as Enter. */}
      <TextPreview text={text} />
      <button
        type="button"
        class="plain wide"
        onClick={() => {
          allowClipboardRequests(false)
          done()
          toast('Copy requests are blocked. Allow them again in the menu.')
        }}
      >
        Block copy requests
      </button>
    </ConfirmDialog>
  )
}

function Rename({ link, session, close }: { link: HostLink; session: TerminalSession; close: () => void }) {
  const name = useSignal(session.title.value)
  const rename = () => {
    close()
    link.client.rename(session.session_id ?? '', name.value).catch(toastError)
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
