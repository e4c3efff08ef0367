// What opens over a terminal: the menu, renaming, ending, links, input from before a drop. Knows nothing of the layout.
import { type Signal, useSignal } from '@preact/signals'
import { toCoded } from '../protocol/errors.ts'
import { Dialog, Question } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { toast } from '../ui/toast.tsx'
import { printable } from '../ui/words.ts'
import type { HostLink } from './host-link.ts'
import { backToSessions } from './route.ts'
import { screenReader } from './screen-reader.ts'
import { EndQuestion, endSession } from './sessions.tsx'
import type { TerminalSession } from './terminal-session.ts'

export type Overlay = 'menu' | 'rename' | 'end'

export interface OverlaysProps {
  link: HostLink
  session: TerminalSession
  overlay: Signal<Overlay | undefined>
}

export function Overlays({ link, session, overlay }: OverlaysProps) {
  const close = () => {
    overlay.value = undefined
  }
  const title = session.title.value
  return (
    <>
      {overlay.value === 'menu' && <Menu session={session} overlay={overlay} />}
      {overlay.value === 'rename' && <Rename link={link} session={session} close={close} />}
      {overlay.value === 'end' && (
        <EndQuestion
          session={{ session_id: session.session_id ?? '', title, command: session.session?.command ?? [] }}
          onClose={close}
          onYes={({ session_id }) => {
            endSession(link, session_id)
            backToSessions()
          }}
        />
      )}
      {session.link.value && <OpenLink session={session} target={session.link.value} />}
      {session.stale.value && <StaleInput session={session} inputs={session.stale.value} />}
    </>
  )
}

function Menu({ session, overlay }: Pick<OverlaysProps, 'session' | 'overlay'>) {
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
        {!ended && (
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
        <button type="button" onClick={then('rename')}>
          <Icon name="pencil" /> Rename
        </button>
        {!ended && (
          <button type="button" class="danger" onClick={then('end')}>
            <Icon name="stop" /> End session
          </button>
        )}
      </div>
    </Dialog>
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
    <Question title="Rename session" yes="Rename" onYes={rename} onClose={close}>
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
    </Question>
  )
}

/** What a link says may be anything; this shows where it leads. */
function OpenLink({ session, target }: { session: TerminalSession; target: string }) {
  const close = () => {
    session.link.value = undefined
  }
  return (
    <Question
      title="Open this link?"
      yes="Open"
      onClose={close}
      onYes={() => {
        window.open(target, '_blank', 'noopener,noreferrer')
        close()
      }}
    >
      <pre>{target}</pre>
    </Question>
  )
}

function StaleInput({ session, inputs }: { session: TerminalSession; inputs: Uint8Array[] }) {
  const text = inputs.map(bytes => new TextDecoder().decode(bytes)).join('')
  return (
    <Question
      title="Send what you typed before?"
      yes="Send"
      no="Discard"
      onClose={() => session.answerStale(false)}
      onYes={() => session.answerStale(true)}
    >
      <p>The connection was lost before this arrived, some time ago.</p>
      <pre>{visible(text)}</pre>
    </Question>
  )
}

/** Control characters as people know them, so that an Enter or Ctrl+C is seen; few fonts have Unicode's pictures of them. */
function visible(text: string): string {
  return text
    .replaceAll('\r', '↵\n')
    .replace(/[\x00-\x09\x0b-\x1f\x7f]/g, letter => `^${String.fromCharCode(letter.charCodeAt(0) ^ 0x40)}`)
}
