// What to start, where, and as what: by hand, or as it was before. Knows nothing of terminals; the one that is opened starts it.
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

/** Sessions that are gone through for what was used lately: one answer of a few dozen KB. */
const LOOKED_AT = 200

/** What the host takes as a name. */
const TITLE_CHARACTERS = 256
const PATH_CHARACTERS = 4096

export interface NewSessionProps {
  link: HostLink
  /** What was tried, and what the host said to it. */
  spec?: SessionSpec | undefined
  error?: CodedError | undefined
  /** The terminal that starts it is open. */
  started?: () => void
  close: () => void
}

export function NewSession({ link, spec, error, started, close }: NewSessionProps) {
  const [command, setCommand] = useState(spec?.command ? joinWords(spec.command) : '')
  const [folder, setFolder] = useState(spec?.cwd ?? '')
  const [name, setName] = useState(spec?.title ?? '')
  const [refused, setRefused] = useState(error)
  const [wrong, setWrong] = useState('')
  const [known, setKnown] = useState<Recents>()
  const ids = useId()

  useEffect(() => {
    link.client.history.sessions({ limit: LOOKED_AT }).then(
      ({ sessions }) => setKnown(recents(sessions)),
      () => setKnown({ commands: [], folders: [] }), // it goes without
    )
  }, [link])

  const start = () => {
    const words = splitWords(command)
    if (typeof words === 'string') return setWrong(unfinished(words))
    setWrong('')
    openTerminal(null, {
      ...(words.length > 0 ? { command: words } : {}),
      ...(folder.trim() ? { cwd: folder.trim() } : {}),
      ...(name.trim() ? { title: name.trim() } : {}),
    })
    started?.()
  }
  const write = (text: string) => {
    setCommand(text)
    setWrong('')
    if (refused?.code === 'command_not_found') setRefused(undefined)
  }
  const move = (text: string) => {
    setFolder(text)
    if (refused?.code === 'cwd_not_found') setRefused(undefined)
  }
  /** What lists tell of a command may be cut. */
  const takeCommand = async ({ session }: Recent) => {
    try {
      write(joinWords((await whole(link, session)).command))
    } catch (error) {
      toastError(error)
    }
  }
  const takeFolder = async ({ session }: Recent) => {
    try {
      move((await whole(link, session)).cwd)
    } catch (error) {
      toastError(error)
    }
  }
  const badCommand = wrong || (refused?.code === 'command_not_found' ? `${refused.message}.` : '')
  const badFolder = refused?.code === 'cwd_not_found' ? `${refused.message}.` : ''
  return (
    <Dialog title="Start a session" class="new-session" noAutofocus={!error} onClose={close}>
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
            placeholder="your shell"
            autocomplete="off"
            autocapitalize="off"
            autocorrect="off"
            spellcheck={false}
            aria-invalid={badCommand !== ''}
            aria-describedby={`${ids}cw`}
            onInput={event => write(event.currentTarget.value)}
          />
          <p id={`${ids}cw`} class="error" role="alert">
            {badCommand}
          </p>
          <Choice
            label="Recent commands"
            list={known?.commands}
            show={one => one.text}
            take={one => void takeCommand(one)}
          />
          <label for={`${ids}f`}>Folder</label>
          <input
            id={`${ids}f`}
            class="mono"
            value={folder}
            maxLength={PATH_CHARACTERS}
            placeholder="your home folder"
            autocomplete="off"
            autocapitalize="off"
            autocorrect="off"
            spellcheck={false}
            aria-invalid={badFolder !== ''}
            aria-describedby={`${ids}fw`}
            onInput={event => move(event.currentTarget.value)}
          />
          <p id={`${ids}fw`} class="error" role="alert">
            {badFolder}
          </p>
          <Choice
            label="Recent folders"
            list={known?.folders}
            show={one => shortPath(one.text)}
            take={one => void takeFolder(one)}
          />
          <label for={`${ids}n`}>Name</label>
          <input
            id={`${ids}n`}
            value={name}
            maxLength={TITLE_CHARACTERS}
            placeholder="as the program calls itself"
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

interface ChoiceProps {
  label: string
  /** Undefined: not there yet. */
  list: Recent[] | undefined
  show: (one: Recent) => string
  take: (one: Recent) => void
}

/** A line of them, gone through sideways: the sheet stays as low as a thumb reaches. */
function Choice({ label, list, show, take }: ChoiceProps) {
  if (list?.length === 0) return null
  return (
    <ul class="recents" aria-label={label}>
      {list?.map(one => (
        <li key={one.session.session_id}>
          <button type="button" title={printable(one.text)} onClick={() => take(one)}>
            <bdi>{show(one)}</bdi>
          </button>
        </li>
      ))}
    </ul>
  )
}

async function whole(link: HostLink, { session_id }: SessionInfo): Promise<SessionInfo> {
  const { sessions } = await link.client.history.sessions({ filter: { session_id }, limit: 1 })
  if (!sessions[0]) throw new Error('It was deleted meanwhile.')
  return sessions[0]
}

function unfinished(open: string): string {
  return open === '\\' ? 'A backslash at the end stands for nothing.' : `A quote (${open}) is not closed.`
}
