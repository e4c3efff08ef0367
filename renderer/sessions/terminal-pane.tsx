// One session in the window: its name, its terminal, what can be done with it. Knows nothing of the other sessions.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { isRisky, pasteSequence } from '../../ui/input/paste.ts'
import { PasteDialog, type PendingPaste } from '../../ui/input/paste-question.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { commandLine, printable, shortPath, stateText } from '../../ui/sessions/session-text.ts'
import type { SizeMode } from '../../ui/terminal/size-policy.ts'
import { TerminalView } from '../../ui/terminal/terminal-view.ts'
import { fontFamily, onAppearance, readAppearance } from '../settings/appearance.ts'
import { terminalKeys } from './shortcuts.ts'

export interface TerminalPaneProps {
  client: HostClient
  session_id: string
  /** As the list has it; undefined while the list is not there, and for one that is forgotten. */
  session: SessionInfo | undefined
  end: (session: SessionInfo) => void
  /** Looks at what was recorded of it. */
  replay: (session: SessionInfo) => void
  /** The host does not know this session, or no longer. */
  unknown: () => void
  /** Hands out the terminal: to focus it, and to measure what would fit here. */
  onView: (view: TerminalView | undefined) => void
}

export function TerminalPane({ client, session_id, session, end, replay, unknown, onView }: TerminalPaneProps) {
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<TerminalView>(undefined)
  const [mode, setMode] = useState<SizeMode>('own')
  const [failed, setFailed] = useState<CodedError>()
  const [asked, setAsked] = useState<PendingPaste>()

  // Before paint: the box has its extent, and focus is where the person types next.
  useLayoutEffect(() => {
    setMode('own')
    setFailed(undefined)
    setAsked(undefined)
    const appearance = readAppearance()
    const family = fontFamily(appearance)
    const terminal = new TerminalView(box.current!, {
      mode: 'own',
      fontSize: appearance.size,
      ...(family ? { fontFamily: family } : {}),
      // The main process shows where the link leads, and asks.
      openLink: target => void window.open(target),
      typingFailed: error => toast(error.message, true),
      sizeChanged: setMode,
      pasted: text => {
        const bracketed = terminal.bracketsPaste
        if (!isRisky(text, bracketed)) return void (text && terminal.paste(text))
        try {
          pasteSequence(text, bracketed)
          setAsked({ text, bracketed, composed: false })
        } catch (error) {
          toast(toCoded(error).message, true)
        }
      },
    })
    view.current = terminal
    terminalKeys(terminal.term)
    const attached = client.attach(session_id, terminal, { size: terminal.measure() })
    attached.on('failed', error => (error.code === 'session_unknown' ? unknown() : setFailed(error)))
    terminal.bind(attached)
    terminal.focus()
    onView(terminal)
    const off = onAppearance(now => terminal.setFont(fontFamily(now), now.size))
    return () => {
      off()
      onView(undefined)
      client.detach(attached)
      terminal.dispose()
    }
  }, [client, session_id, unknown, onView])

  useEffect(() => {
    document.title = session ? `${printable(session.title)} - On the Go` : 'On the Go'
  }, [session])

  const paste = (asked: PendingPaste) => {
    const bracketed = view.current?.bracketsPaste ?? false
    // The program that would have been told of the paste is gone: what was said about it holds no more.
    if (asked.bracketed && !bracketed) return setAsked({ ...asked, bracketed })
    setAsked(undefined)
    view.current?.paste(asked.text)
  }

  const running = session?.state === 'running'
  return (
    <section class="pane" aria-label="Session">
      <header>
        <div class="name">
          <h1>
            <bdi>{session ? printable(session.title) || 'untitled' : '…'}</bdi>
          </h1>
          {session && (
            <bdi class="what">
              {commandLine(session.command)} <span class="where">{shortPath(session.cwd, 60)}</span>
            </bdi>
          )}
        </div>
        {session && (
          <button type="button" class="plain" onClick={() => replay(session)}>
            Replay
          </button>
        )}
        {session && running && (
          <button type="button" class="plain" onClick={() => end(session)}>
            End session
          </button>
        )}
      </header>
      {mode === 'follow' && running && (
        <Notice text="Another screen decides the size of this session.">
          <button
            type="button"
            onClick={() => {
              view.current?.setMode('own')
              view.current?.focus()
            }}
          >
            Fit to this window
          </button>
        </Notice>
      )}
      {failed && <Notice text={`This session cannot be shown: ${failed.message}.`} />}
      {session && !running && <Notice text={`This session has ended (${stateText(session)}).`} />}
      <div class="stage" ref={box} />
      {asked && <PasteDialog pending={asked} paste={() => paste(asked)} close={() => setAsked(undefined)} />}
    </section>
  )
}

function Notice({ text, children }: { text: string; children?: preact.ComponentChildren }) {
  return (
    <div class="notice" role="status">
      <span>{text}</span>
      {children}
    </div>
  )
}
