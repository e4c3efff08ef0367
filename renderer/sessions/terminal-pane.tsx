// One session in the window: its title, its terminal and its actions.
import './terminal-pane.css'
import '../pane-header.css'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { CodedError } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { isRisky, pasteSequence } from '../../ui/input/paste.ts'
import { PasteDialog, type PendingPaste } from '../../ui/input/paste-dialog.tsx'
import { PageHeader } from '../../ui/kit/page-header.tsx'
import { toast, toastError } from '../../ui/kit/toast.tsx'
import { CommandLine } from '../../ui/sessions/command-line.tsx'
import { wantsNewLines } from '../../ui/sessions/new-lines.ts'
import { gapNotice, printable, stateText } from '../../ui/sessions/session-text.ts'
import type { SizeMode } from '../../ui/terminal/size-policy.ts'
import { TerminalView } from '../../ui/terminal/terminal-view.ts'
import { fontFamily, onAppearance, readAppearance } from '../settings/appearance.ts'
import { NotifyChoiceField } from './notify-choice-field.tsx'
import { takesKey } from './shortcuts.ts'

export interface TerminalPaneProps {
  client: LocalClient
  session_id: string
  /** From the session list; undefined before the list arrives, and if the list does not contain it. */
  session: SessionInfo | undefined
  end: (session: SessionInfo) => void
  /** Opens its recording. */
  replay: (session: SessionInfo) => void
  /** Called if the host does not know this session. */
  unknown: () => void
  /** Passes the terminal up, to focus it and to measure how many rows and columns fit. */
  onView: (view: TerminalView | undefined) => void
}

export function TerminalPane({ client, session_id, session, end, replay, unknown, onView }: TerminalPaneProps) {
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<TerminalView>(undefined)
  const latest = useRef(session)
  latest.current = session
  const [mode, setMode] = useState<SizeMode>('own')
  const [failed, setFailed] = useState<CodedError>()
  const [attempt, setAttempt] = useState(0)
  const [pendingPaste, setPendingPaste] = useState<PendingPaste>()

  // A layout effect, so that the terminal is measured and focused before the first paint.
  useLayoutEffect(() => {
    setMode('own')
    setFailed(undefined)
    setPendingPaste(undefined)
    const appearance = readAppearance()
    const family = fontFamily(appearance)
    const terminal = new TerminalView(box.current!, {
      mode: 'own',
      fontSize: appearance.fontSize,
      ...(family ? { fontFamily: family } : {}),
      // The main process shows the target and asks for confirmation.
      openLink: target => void window.open(target),
      typingFailed: toastError,
      takesKey,
      wantsNewLines: () => wantsNewLines(latest.current),
      sizeChanged: setMode,
      pasted: text => {
        const bracketed = terminal.bracketsPaste
        if (!isRisky(text, bracketed)) return void (text && terminal.paste(text))
        try {
          pasteSequence(text, bracketed)
          setPendingPaste({ text, bracketed, composed: false })
        } catch (error) {
          toastError(error)
        }
      },
    })
    view.current = terminal
    const attached = client.attach(session_id, terminal, { size: terminal.measure() })
    attached.on('failed', error => (error.code === 'session_unknown' ? unknown() : setFailed(error)))
    const reported = new Set<string>()
    attached.on('gap', ({ reason, from, to }) => {
      // In a flood there is one after the other: a person is told once of each reason.
      if (!reported.has(reason)) toast(gapNotice(new Map([[reason, to.offset - from.offset]])), reason !== 'skipped')
      reported.add(reason)
    })
    terminal.bind(attached)
    terminal.focus()
    onView(terminal)
    const off = onAppearance(now => terminal.setFont(fontFamily(now), now.fontSize))
    return () => {
      off()
      onView(undefined)
      client.detach(attached)
      terminal.dispose()
    }
  }, [client, session_id, unknown, onView, attempt])

  useEffect(() => {
    document.title = session ? `${printable(session.title)} - On the Go` : 'On the Go'
  }, [session])

  const paste = (pending: PendingPaste) => {
    const bracketed = view.current?.bracketsPaste ?? false
    // The program with bracketed paste has exited since, so the dialog has to show its stronger warning first.
    if (pending.bracketed && !bracketed) return setPendingPaste({ ...pending, bracketed })
    setPendingPaste(undefined)
    view.current?.paste(pending.text)
  }

  const running = session?.state === 'running'
  return (
    <section class="pane" aria-label="Session">
      <PageHeader
        title={session ? printable(session.title) || 'untitled' : '…'}
        details={<CommandLine session={session} />}
      >
        {session && (
          <button type="button" class="plain" onClick={() => replay(session)}>
            Play recording
          </button>
        )}
        {session && running && session.may_control && (
          <button
            type="button"
            class="plain"
            onClick={() => client.allowControl(session.session_id, false).catch(toastError)}
          >
            Stop it controlling others
          </button>
        )}
        {session && running && (
          <button
            type="button"
            class="plain"
            onClick={() => client.resetTerminal(session.session_id).catch(toastError)}
          >
            Reset terminal
          </button>
        )}
        {session && running && <NotifyChoiceField client={client} session={session} />}
        {session && running && (
          <button type="button" class="plain" onClick={() => end(session)}>
            End session
          </button>
        )}
      </PageHeader>
      {mode === 'follow' && running && (
        <Notice text="Another device sets this session’s size.">
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
      {failed && (
        <Notice text={`Cannot show this session: ${failed.message}.`}>
          {failed.code === 'attachment_failed' && (
            <button type="button" onClick={() => setAttempt(attempt + 1)}>
              Try again
            </button>
          )}
        </Notice>
      )}
      {session && !running && <Notice text={`Session ${stateText(session)}.`} />}
      <div class="stage" ref={box} />
      {pendingPaste && (
        <PasteDialog
          pending={pendingPaste}
          paste={() => paste(pendingPaste)}
          close={() => setPendingPaste(undefined)}
        />
      )}
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
