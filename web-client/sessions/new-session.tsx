// The sheet that starts a session: command, folder, name. The terminal that it opens starts the session.
import './new-session.css'
import { useEffect, useId, useState } from 'preact/hooks'
import type { CodedError } from '../../protocol/errors.ts'
import type { SessionInfo, SessionSpec } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { joinWords, splitWords } from '../../ui/kit/shell-words.ts'
import { toastError } from '../../ui/kit/toast.tsx'
import { printable, shortPath } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { openTerminal } from '../page/route.ts'
import { type Recent, type Recents, recents } from './recents.ts'

/** Sessions searched for recent commands and folders: one reply of a few dozen KB. */
const MAX_SEARCHED = 200

/** The host's limits. */
const TITLE_CHARACTERS = 256
const PATH_CHARACTERS = 4096

export interface NewSessionProps {
  link: HostLink
  /** A previous attempt, and the host's error. */
  spec?: SessionSpec | undefined
  error?: CodedError | undefined
  /** Called when the terminal that starts it is open. */
  started?: () => void
  close: () => void
}

export function NewSession({ link, spec, error, started, close }: NewSessionProps) {
  const [command, setCommand] = useState(spec?.command ? joinWords(spec.command) : '')
  const [folder, setFolder] = useState(spec?.cwd ?? '')
  const [name, setName] = useState(spec?.title ?? '')
  const [hostError, setHostError] = useState(error)
  const [syntaxError, setSyntaxError] = useState('')
  const [recent, setRecent] = useState<Recents>()
  const ids = useId()

  useEffect(() => {
    link.client.history.sessions({ limit: MAX_SEARCHED }).then(
      ({ sessions }) => setRecent(recents(sessions)),
      () => setRecent({ commands: [], folders: [] }), // shown without recents
    )
  }, [link])

  const start = () => {
    const words = splitWords(command)
    if (typeof words === 'string') return setSyntaxError(unclosedText(words))
    setSyntaxError('')
    openTerminal(null, {
      ...(words.length > 0 ? { command: words } : {}),
      ...(folder.trim() ? { cwd: folder.trim() } : {}),
      ...(name.trim() ? { title: name.trim() } : {}),
    })
    started?.()
  }
  const editCommand = (text: string) => {
    setCommand(text)
    setSyntaxError('')
    if (hostError?.code === 'command_not_found') setHostError(undefined)
  }
  const editFolder = (text: string) => {
    setFolder(text)
    if (hostError?.code === 'cwd_not_found') setHostError(undefined)
  }
  /** Lists may shorten a command, so the complete one is requested. */
  const chooseCommand = async ({ session }: Recent) => {
    try {
      editCommand(joinWords((await fetchSession(link, session)).command))
    } catch (error) {
      toastError(error)
    }
  }
  const chooseFolder = async ({ session }: Recent) => {
    try {
      editFolder((await fetchSession(link, session)).cwd)
    } catch (error) {
      toastError(error)
    }
  }
  const commandError = syntaxError || (hostError?.code === 'command_not_found' ? `${hostError.message}.` : '')
  const folderError = hostError?.code === 'cwd_not_found' ? `${hostError.message}.` : ''
  return (
    <Dialog title="New session" class="new-session" noAutofocus={!error} onClose={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          start()
        }}
      >
        <div class="fields">
          <label for={`${ids}c`}>Command</label>
          <input
            id={`${ids}c`}
            class="mono"
            value={command}
            placeholder="Default shell"
            autocomplete="off"
            autocapitalize="off"
            autocorrect="off"
            spellcheck={false}
            aria-invalid={commandError !== ''}
            aria-describedby={`${ids}cw`}
            onInput={event => editCommand(event.currentTarget.value)}
          />
          <p id={`${ids}cw`} class="error" role="alert">
            {commandError}
          </p>
          <RecentRow
            label="Recent commands"
            list={recent?.commands}
            show={one => one.text}
            choose={one => void chooseCommand(one)}
          />
          <label for={`${ids}f`}>Folder</label>
          <input
            id={`${ids}f`}
            class="mono"
            value={folder}
            maxLength={PATH_CHARACTERS}
            placeholder="Home folder"
            autocomplete="off"
            autocapitalize="off"
            autocorrect="off"
            spellcheck={false}
            aria-invalid={folderError !== ''}
            aria-describedby={`${ids}fw`}
            onInput={event => editFolder(event.currentTarget.value)}
          />
          <p id={`${ids}fw`} class="error" role="alert">
            {folderError}
          </p>
          <RecentRow
            label="Recent folders"
            list={recent?.folders}
            show={one => shortPath(one.text)}
            choose={one => void chooseFolder(one)}
          />
          <label for={`${ids}n`}>Name</label>
          <input
            id={`${ids}n`}
            value={name}
            maxLength={TITLE_CHARACTERS}
            placeholder="Name set by the program"
            autocomplete="off"
            onInput={event => setName(event.currentTarget.value)}
          />
        </div>
        <div class="actions">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={link.state.value.name !== 'ready'}>
            Start
          </button>
        </div>
      </form>
    </Dialog>
  )
}

interface RecentRowProps {
  label: string
  /** Undefined until loaded. */
  list: Recent[] | undefined
  show: (one: Recent) => string
  choose: (one: Recent) => void
}

/** One line that scrolls sideways, so that the sheet stays low enough for a thumb. */
function RecentRow({ label, list, show, choose }: RecentRowProps) {
  if (list?.length === 0) return null
  return (
    <ul class="recents" aria-label={label}>
      {list?.map(one => (
        <li key={one.session.session_id}>
          <button type="button" title={printable(one.text)} onClick={() => choose(one)}>
            <bdi>{show(one)}</bdi>
          </button>
        </li>
      ))}
    </ul>
  )
}

async function fetchSession(link: HostLink, { session_id }: SessionInfo): Promise<SessionInfo> {
  const { sessions } = await link.client.history.sessions({ filter: { session_id }, limit: 1 })
  if (!sessions[0]) throw new Error('That session was deleted.')
  return sessions[0]
}

function unclosedText(open: string): string {
  return open === '\\'
    ? 'The command ends with a backslash. Remove it or add a character.'
    : `A quote (${open}) is not closed. Add the closing quote.`
}
