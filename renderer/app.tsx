// The main window: the sidebar, a session or the history, the phone panel and the dialogs.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { LocalClient } from '../protocol/client/local-client.ts'
import type { SessionInfo, Trouble } from '../protocol/messages.ts'
import { TroubleBanner } from '../ui/health/trouble-banner.tsx'
import { TroubleDialog } from '../ui/health/trouble-dialog.tsx'
import { isTroubleOpen, openTrouble } from '../ui/health/troubles.ts'
import { ConnectionBanner } from '../ui/kit/connection-banner.tsx'
import { CopyDialog } from '../ui/kit/copy-dialog.tsx'
import { ConfirmDialog } from '../ui/kit/dialog.tsx'
import { Icon } from '../ui/kit/icons.tsx'
import { Toasts, toast, toastError } from '../ui/kit/toast.tsx'
import { useNow } from '../ui/kit/use-now.ts'
import { needsPerson, sortSessions } from '../ui/sessions/session-order.ts'
import { printable } from '../ui/sessions/session-text.ts'
import type { TerminalView } from '../ui/terminal/terminal-view.ts'
import { HistoryPane } from './history/history-pane.tsx'
import { type PlayFrom, RecordingPane } from './history/recording-pane.tsx'
import { INITIAL_LOCATION, readLocation, storeLocation, type WindowLocation } from './location.ts'
import { PairingDialog } from './pairing/pairing-dialog.tsx'
import { PhonePanel } from './pairing/phone-panel.tsx'
import { usePhones } from './pairing/use-phones.ts'
import { Inbox, markFocusedSeen, nextNeedingPerson } from './sessions/inbox.tsx'
import { onShortcut, type Shortcut } from './sessions/shortcuts.ts'
import { Sidebar } from './sessions/sidebar.tsx'
import { TerminalPane } from './sessions/terminal-pane.tsx'
import { SettingsPane } from './settings/settings-pane.tsx'

/** Ages begin in seconds, but need not count every one. */
const CLOCK_MS = 5_000

export function App({ client }: { client: LocalClient }) {
  const [state, setState] = useState(client.state)
  const [reached, setReached] = useState(false)
  const [sessions, setSessions] = useState<SessionInfo[]>()
  const [troubles, setTroubles] = useState<readonly Trouble[]>([])
  const [location, setLocation] = useState<WindowLocation>(() => readLocation(window.location.hash, INITIAL_LOCATION))
  const [ending, setEnding] = useState<SessionInfo>()
  const now = useNow(CLOCK_MS)
  const phones = usePhones(client)
  /** Pairing requests that the user will decide about later. */
  const [postponed, setPostponed] = useState<readonly string[]>([])
  /** What was chosen in the history: a session, and where its recording begins to play. */
  const [recorded, setRecorded] = useState<{ session: SessionInfo; from: PlayFrom | undefined }>()
  /** Counts deleted and renamed recordings; the history is read again when it changes. */
  const [changes, setChanges] = useState(0)
  /** The history pane stays once it was opened, with its search and results. */
  const [historyOpened, setHistoryOpened] = useState(location.history)
  const terminal = useRef<TerminalView>(undefined)
  const list = useRef<HTMLElement>(null)

  // Layout effects, so that no event before the first paint is missed.
  useLayoutEffect(() => client.on('state', setState), [client])
  useLayoutEffect(() => client.on('sessions', setSessions), [client])
  useLayoutEffect(() => client.on('troubles', setTroubles), [client])
  useEffect(() => {
    if (state.name === 'ready') setReached(true)
  }, [state])
  useEffect(() => {
    const update = () => {
      if (window.location.hash === '#trouble') openTrouble()
      setLocation(was => readLocation(window.location.hash, was))
    }
    update()
    window.addEventListener('hashchange', update)
    return () => window.removeEventListener('hashchange', update)
  }, [])
  useEffect(() => storeLocation(location), [location])

  const select = useCallback(
    (session: string) =>
      setLocation(({ phone, settings }) => ({ session, phone, history: false, ...(settings ? { settings } : {}) })),
    [],
  )
  const forget = useCallback(() => setLocation(({ session: _, ...rest }) => rest), [])
  const setHistory = useCallback(
    (history: boolean) => setLocation(({ recording: _, ...rest }) => ({ ...rest, history })),
    [],
  )
  const play = useCallback((session: SessionInfo, from?: PlayFrom) => {
    setRecorded({ session, from })
    setLocation(was => ({ ...was, history: true, recording: session.session_id }))
  }, [])
  useEffect(() => {
    if (location.history) setHistoryOpened(true)
  }, [location.history])
  // A page that opens at a recording has only its ID.
  useEffect(() => {
    const { recording } = location
    if (!recording || recorded?.session.session_id === recording) return
    client.history.sessions({ filter: { session_id: recording }, limit: 1 }).then(
      ({ sessions: [session] }) => session && setRecorded({ session, from: undefined }),
      () => {}, // the pane shows the error
    )
  }, [client, location, recorded])
  const setPhone = useCallback((phone: boolean) => setLocation(was => ({ ...was, phone })), [])
  const setSettings = useCallback((settings: boolean) => setLocation(was => ({ ...was, settings })), [])
  const onView = useCallback((view: TerminalView | undefined) => {
    terminal.current = view
  }, [])
  const start = useCallback(() => {
    const size = terminal.current?.measure()
    client.create(size ? { size } : {}).then(session => select(session.session_id), toastError)
  }, [client, select])

  // Without a session, or with one that the host does not know, the window shows the newest one.
  useEffect(() => {
    const last = running(sessions ?? [])[0]
    if (last && !location.session) setLocation(was => ({ ...was, session: last.session_id }))
  }, [sessions, location.session])

  // If the session disappears from the list, another host has taken over that does not know it.
  const known = useRef<SessionInfo[]>([])
  useEffect(() => {
    const has = (list: SessionInfo[]) => list.some(one => one.session_id === location.session)
    if (sessions && has(known.current) && !has(sessions)) forget()
    known.current = sessions ?? []
  }, [sessions, location.session, forget])

  /** The session whose terminal is shown. */
  const shownId = location.history ? undefined : location.session
  const shortcut = (pressed: Shortcut) => {
    switch (pressed) {
      case 'new':
        return start()
      case 'phone':
        return setPhone(!location.phone)
      case 'history':
        return setHistory(!location.history || location.recording !== undefined)
      case 'settings':
        return setSettings(!location.settings)
      case 'attention': {
        const session = nextNeedingPerson(sessions ?? [], shownId)
        return session ? select(session.session_id) : toast('No other session needs you.')
      }
      case 'seen':
        return markFocusedSeen(client, sessions ?? [], shownId)
      case 'list':
        return list.current?.querySelector<HTMLElement>('.current .row, .row, button')?.focus()
      case 'next':
      case 'previous': {
        const order = sortSessions(sessions ?? []).running
        const at = order.findIndex(one => one.session_id === location.session)
        const to = at < 0 ? 0 : at + (pressed === 'next' ? 1 : order.length - 1)
        const session = order[to % (order.length || 1)]
        if (session) select(session.session_id)
      }
    }
  }
  const latest = useRef(shortcut)
  latest.current = shortcut
  useLayoutEffect(() => onShortcut(pressed => latest.current(pressed)), [])

  const { recording } = location
  const played =
    sessions?.find(one => one.session_id === recording) ??
    (recorded?.session.session_id === recording ? recorded?.session : undefined)
  const shown = sessions?.find(one => one.session_id === location.session)
  const requests = phones?.requests ?? []
  const request = requests.find(one => !postponed.includes(one.pairing_id))
  return (
    <div class={location.phone ? 'window with-phone' : 'window'}>
      <Sidebar
        phone={location.phone}
        history={location.history}
        requests={requests.length}
        troubles={troubles}
        needing={(sessions ?? []).filter(one => one.session_id !== shownId && needsPerson(one)).length}
        press={shortcut}
        toggleHistory={() => setHistory(!location.history)}
        root={list}
      >
        {sessions && (
          <Inbox
            client={client}
            sessions={sessions}
            now={now}
            open={session => {
              // Choosing the session that is already shown focuses it, too.
              if (session.session_id === location.session && !location.history) terminal.current?.focus()
              else select(session.session_id)
            }}
            end={setEnding}
            current={shownId}
          />
        )}
      </Sidebar>
      <main>
        <ConnectionBanner state={state} reached={reached} retry={() => client.retry()} />
        <TroubleBanner troubles={troubles} />
        {historyOpened && (
          <HistoryPane
            client={client}
            sessions={sessions ?? []}
            changes={changes}
            hidden={!location.history || recording !== undefined}
            open={play}
          />
        )}
        {location.history ? (
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
        ) : location.session ? (
          <TerminalPane
            key={location.session}
            client={client}
            session_id={location.session}
            session={shown}
            end={setEnding}
            replay={play}
            unknown={forget}
            onView={onView}
          />
        ) : (
          sessions && <EmptyWindow start={start} />
        )}
      </main>
      {location.phone && (
        <PhonePanel
          client={client}
          phones={phones}
          answer={({ pairing_id }) => setPostponed(was => was.filter(id => id !== pairing_id))}
          close={() => setPhone(false)}
        />
      )}
      {location.settings && <SettingsPane client={client} close={() => setSettings(false)} />}
      {ending && (
        <ConfirmDialog
          title={`End “${printable(ending.title) || 'untitled'}”?`}
          confirmLabel="End session"
          danger
          onClose={() => setEnding(undefined)}
          onConfirm={() => {
            client.kill(ending.session_id).catch(toastError)
            setEnding(undefined)
          }}
        >
          <p>Its programs are asked to exit, and are killed after five seconds.</p>
        </ConfirmDialog>
      )}
      {request && (
        <PairingDialog
          // A new request gets a new dialog, which has to be read before it can be answered.
          key={request.pairing_id}
          client={client}
          request={request}
          others={requests.length - 1}
          postpone={() =>
            setPostponed(was =>
              requests.map(one => one.pairing_id).filter(id => id === request.pairing_id || was.includes(id)),
            )
          }
        />
      )}
      {isTroubleOpen.value && (
        <TroubleDialog
          client={client}
          troubles={troubles}
          sessions={sessions ?? []}
          close={() => {
            isTroubleOpen.value = false
          }}
        />
      )}
      <Toasts />
      <CopyDialog />
    </div>
  )
}

function EmptyWindow({ start }: { start: () => void }) {
  return (
    <div class="empty">
      <Icon name="terminal" />
      <h1>No running sessions</h1>
      <p>
        A session is a shell that keeps running when you close this window. Continue it on your phone where you left
        off.
      </p>
      <button type="button" class="primary" onClick={start}>
        New session
      </button>
    </div>
  )
}

/** Newest first. */
function running(sessions: SessionInfo[]): SessionInfo[] {
  return sessions.filter(one => one.state === 'running').sort((a, b) => b.created_at - a.created_at)
}
