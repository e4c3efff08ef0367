// The whole window: the list, the chosen session, the phone's panel. Knows no Electron and no terminal's inside.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../protocol/client/client.ts'
import { toCoded } from '../protocol/errors.ts'
import type { SessionInfo } from '../protocol/messages.ts'
import { ConnectionBanner } from '../ui/kit/connection-banner.tsx'
import { CopyDialog } from '../ui/kit/copy-dialog.tsx'
import { ConfirmDialog } from '../ui/kit/dialog.tsx'
import { Icon } from '../ui/kit/icons.tsx'
import { Toasts, toast } from '../ui/kit/toast.tsx'
import { useNow } from '../ui/kit/use-now.ts'
import { SessionList } from '../ui/sessions/session-list.tsx'
import { sortSessions } from '../ui/sessions/session-order.ts'
import { printable } from '../ui/sessions/session-text.ts'
import type { TerminalView } from '../ui/terminal/terminal-view.ts'
import { HistoryPane } from './history/history-pane.tsx'
import { type PlayFrom, RecordingPane } from './history/recording-pane.tsx'
import { keepPlace, type Place, readPlace, START } from './location.ts'
import { PairingDialog } from './pairing/pairing-dialog.tsx'
import { PhonePanel } from './pairing/phone-panel.tsx'
import { usePhones } from './pairing/use-phones.ts'
import { keysOf, onShortcut, type Shortcut } from './sessions/shortcuts.ts'
import { TerminalPane } from './sessions/terminal-pane.tsx'
import { SettingsPane } from './settings/settings-pane.tsx'

/** Ages in the list are told in seconds at first, but nobody counts along. */
const CLOCK_MS = 5_000

export function App({ client }: { client: HostClient }) {
  const [state, setState] = useState(client.state)
  const [reached, setReached] = useState(false)
  const [sessions, setSessions] = useState<SessionInfo[]>()
  const [place, setPlace] = useState<Place>(() => readPlace(location.hash, START))
  const [ending, setEnding] = useState<SessionInfo>()
  const now = useNow(CLOCK_MS)
  const phones = usePhones(client)
  /** Phones that wait and are to be decided about later. */
  const [aside, setAside] = useState<readonly string[]>([])
  /** What was chosen in the history: its session, and where its recording is looked at first. */
  const [recorded, setRecorded] = useState<{ session: SessionInfo; from: PlayFrom | undefined }>()
  /** Counts what was deleted or called otherwise in the history, which has to be read again then. */
  const [changes, setChanges] = useState(0)
  /** Once it was opened, what was typed and found there stays. */
  const [opened, setOpened] = useState(place.history)
  const terminal = useRef<TerminalView>(undefined)
  const list = useRef<HTMLElement>(null)

  // At once: what is told before the first paint is told once.
  useLayoutEffect(() => client.on('state', setState), [client])
  useLayoutEffect(() => client.on('sessions', setSessions), [client])
  useEffect(() => {
    if (state.name === 'ready') setReached(true)
  }, [state])
  useEffect(() => {
    const arrive = () => setPlace(was => readPlace(location.hash, was))
    window.addEventListener('hashchange', arrive)
    return () => window.removeEventListener('hashchange', arrive)
  }, [])
  useEffect(() => keepPlace(place), [place])

  const select = useCallback(
    (session: string) =>
      setPlace(({ phone, settings }) => ({ session, phone, history: false, ...(settings ? { settings } : {}) })),
    [],
  )
  const forget = useCallback(() => setPlace(({ session: _, ...rest }) => rest), [])
  const setHistory = useCallback(
    (history: boolean) => setPlace(({ recording: _, ...rest }) => ({ ...rest, history })),
    [],
  )
  const play = useCallback((session: SessionInfo, from?: PlayFrom) => {
    setRecorded({ session, from })
    setPlace(was => ({ ...was, history: true, recording: session.session_id }))
  }, [])
  useEffect(() => {
    if (place.history) setOpened(true)
  }, [place.history])
  // A page that comes up at a recording knows no more of it than its id.
  useEffect(() => {
    const { recording } = place
    if (!recording || recorded?.session.session_id === recording) return
    client.history.sessions({ filter: { session_id: recording }, limit: 1 }).then(
      ({ sessions: [session] }) => session && setRecorded({ session, from: undefined }),
      () => {}, // the pane says what is wrong
    )
  }, [client, place, recorded])
  const setPhone = useCallback((phone: boolean) => setPlace(was => ({ ...was, phone })), [])
  const setSettings = useCallback((settings: boolean) => setPlace(was => ({ ...was, settings })), [])
  const onView = useCallback((view: TerminalView | undefined) => {
    terminal.current = view
  }, [])
  const start = useCallback(() => {
    const size = terminal.current?.measure()
    client.create(size ? { size } : {}).then(
      session => select(session.session_id),
      error => toast(toCoded(error).message, true),
    )
  }, [client, select])

  // A window that comes up without a place shows what was started last; so does one whose session is unknown to the host.
  useEffect(() => {
    const last = running(sessions ?? [])[0]
    if (last && !place.session) setPlace(was => ({ ...was, session: last.session_id }))
  }, [sessions, place.session])

  // A session that was in the list and is no longer: another host has taken over, which knows nothing of it.
  const known = useRef<SessionInfo[]>([])
  useEffect(() => {
    const has = (list: SessionInfo[]) => list.some(one => one.session_id === place.session)
    if (sessions && has(known.current) && !has(sessions)) forget()
    known.current = sessions ?? []
  }, [sessions, place.session, forget])

  const shortcut = (pressed: Shortcut) => {
    switch (pressed) {
      case 'new':
        return start()
      case 'phone':
        return setPhone(!place.phone)
      case 'history':
        return setHistory(!place.history || place.recording !== undefined)
      case 'settings':
        return setSettings(!place.settings)
      case 'list':
        return list.current?.querySelector<HTMLElement>('.current .row, .row, button')?.focus()
      case 'next':
      case 'previous': {
        const order = sortSessions(sessions ?? []).running
        const at = order.findIndex(one => one.session_id === place.session)
        const to = at < 0 ? 0 : at + (pressed === 'next' ? 1 : order.length - 1)
        const session = order[to % (order.length || 1)]
        if (session) select(session.session_id)
      }
    }
  }
  const latest = useRef(shortcut)
  latest.current = shortcut
  useLayoutEffect(() => onShortcut(pressed => latest.current(pressed)), [])

  const { recording } = place
  const played =
    sessions?.find(one => one.session_id === recording) ??
    (recorded?.session.session_id === recording ? recorded?.session : undefined)
  const shown = sessions?.find(one => one.session_id === place.session)
  const requests = phones?.requests ?? []
  const request = requests.find(one => !aside.includes(one.pairing_id))
  return (
    <div class={place.phone ? 'window with-phone' : 'window'}>
      <nav class="side" aria-label="Sessions" ref={list}>
        <div class="tools">
          <button
            type="button"
            class="primary"
            title={keysOf('new').title}
            aria-keyshortcuts={keysOf('new').aria}
            onClick={start}
          >
            <Icon name="plus" />
            New session
          </button>
          <button
            type="button"
            class="toggle"
            title={keysOf('phone').title}
            aria-keyshortcuts={keysOf('phone').aria}
            aria-pressed={place.phone}
            onClick={() => setPhone(!place.phone)}
          >
            <Icon name="phone" />
            Phone
            {requests.length > 0 && (
              <span class="badge" role="img" aria-label={requests.length === 1 ? '1 waits' : `${requests.length} wait`}>
                {requests.length}
              </span>
            )}
          </button>
          <button
            type="button"
            class="toggle"
            title={keysOf('history').title}
            aria-keyshortcuts={keysOf('history').aria}
            aria-pressed={place.history}
            onClick={() => setHistory(!place.history)}
          >
            <Icon name="history" />
            History
          </button>
        </div>
        <div class="sessions">
          {sessions && (
            <SessionList
              sessions={sessions}
              now={now}
              open={session => {
                // Also when it is the one that is shown: who chooses a session types next.
                if (session.session_id === place.session && !place.history) terminal.current?.focus()
                else select(session.session_id)
              }}
              end={setEnding}
              current={place.history ? undefined : place.session}
            />
          )}
        </div>
        <button
          type="button"
          class="plain to-settings"
          title={keysOf('settings').title}
          aria-keyshortcuts={keysOf('settings').aria}
          onClick={() => setSettings(true)}
        >
          <Icon name="settings" />
          Settings
        </button>
      </nav>
      <main>
        <ConnectionBanner state={state} reached={reached} retry={() => client.retry()} />
        {opened && (
          <HistoryPane
            client={client}
            sessions={sessions ?? []}
            changes={changes}
            hidden={!place.history || recording !== undefined}
            open={play}
          />
        )}
        {place.history ? (
          recording && (
            <RecordingPane
              key={recording}
              client={client}
              session_id={recording}
              session={played}
              from={recorded?.session.session_id === recording ? recorded.from : undefined}
              back={() => setHistory(true)}
              live={() => select(recording)}
              renamed={session => {
                setRecorded(was => was && { ...was, session })
                setChanges(was => was + 1)
              }}
              deleted={() => {
                setChanges(was => was + 1)
                setHistory(true)
              }}
            />
          )
        ) : place.session ? (
          <TerminalPane
            key={place.session}
            client={client}
            session_id={place.session}
            session={shown}
            end={setEnding}
            replay={play}
            unknown={forget}
            onView={onView}
          />
        ) : (
          sessions && <Empty start={start} />
        )}
      </main>
      {place.phone && (
        <PhonePanel
          client={client}
          phones={phones}
          answer={({ pairing_id }) => setAside(was => was.filter(id => id !== pairing_id))}
          close={() => setPhone(false)}
        />
      )}
      {place.settings && <SettingsPane client={client} close={() => setSettings(false)} />}
      {ending && (
        <ConfirmDialog
          title={`End “${printable(ending.title) || 'untitled'}”?`}
          confirmLabel="End session"
          danger
          onClose={() => setEnding(undefined)}
          onConfirm={() => {
            client.kill(ending.session_id).catch(error => toast(toCoded(error).message, true))
            setEnding(undefined)
          }}
        >
          <p>What runs in it is told to stop, and is stopped after five seconds.</p>
        </ConfirmDialog>
      )}
      {request && (
        <PairingDialog
          // Another phone is another question, which nobody has read yet.
          key={request.pairing_id}
          client={client}
          request={request}
          others={requests.length - 1}
          putAside={() =>
            setAside(was =>
              requests.map(one => one.pairing_id).filter(id => id === request.pairing_id || was.includes(id)),
            )
          }
        />
      )}
      <Toasts />
      <CopyDialog />
    </div>
  )
}

function Empty({ start }: { start: () => void }) {
  return (
    <div class="empty">
      <Icon name="terminal" />
      <h1>No session runs</h1>
      <p>
        A session is a shell that goes on when this window is closed, and that a phone can pick up where you left it.
      </p>
      <button type="button" class="primary" onClick={start}>
        New session
      </button>
    </div>
  )
}

/** The newest first. */
function running(sessions: SessionInfo[]): SessionInfo[] {
  return sessions.filter(one => one.state === 'running').sort((a, b) => b.created_at - a.created_at)
}
