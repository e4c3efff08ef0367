// What is asked about a recording: a mark's label, a name, and whether it may go. Knows no player.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { toCoded } from '../../protocol/errors.ts'
import { LABEL_CHARACTERS } from '../../protocol/limits.ts'
import type { Mark, SessionInfo } from '../../protocol/messages.ts'
import { ConfirmDialog, Dialog } from '../kit/dialog.tsx'
import { toast } from '../kit/toast.tsx'
import { formatBytes, printable } from '../sessions/session-text.ts'
import { timeCode } from './time-code.ts'

/** Characters that the host takes as a name. */
const TITLE_CHARACTERS = 256

export interface MarkDialogProps {
  client: HostClient
  session_id: string
  at: number
  offset: number
  marked: (mark: Mark) => void
  close: () => void
}

export function MarkDialog({ client, session_id, at, offset, marked, close }: MarkDialogProps) {
  const [label, setLabel] = useState('')
  // Where it was asked for; a session that runs goes on meanwhile.
  const place = useRef({ offset })
  const title = useRef(`Mark ${timeCode(at)}`)
  const mark = () => {
    close()
    client.history.mark(session_id, place.current, label.trim()).then(marked, tell)
  }
  return (
    <ConfirmDialog title={title.current} confirmLabel="Mark" onConfirm={mark} onClose={close}>
      <OneLine label="Label" text={label} most={LABEL_CHARACTERS} change={setLabel} done={mark} />
    </ConfirmDialog>
  )
}

export interface RenameDialogProps {
  client: HostClient
  session: SessionInfo
  renamed: (session: SessionInfo) => void
  close: () => void
}

export function RenameDialog({ client, session, renamed, close }: RenameDialogProps) {
  const [title, setTitle] = useState(session.title)
  const rename = () => {
    close()
    if (title.trim() === '' || title === session.title) return
    client.rename(session.session_id, title).then(() => renamed({ ...session, title }), tell)
  }
  return (
    <ConfirmDialog title="Rename session" confirmLabel="Rename" onConfirm={rename} onClose={close}>
      <OneLine label="Name" text={title} most={TITLE_CHARACTERS} change={setTitle} done={rename} />
    </ConfirmDialog>
  )
}

interface OneLineProps {
  label: string
  text: string
  most: number
  change: (text: string) => void
  done: () => void
}

function OneLine({ label, text, most, change, done }: OneLineProps) {
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        done()
      }}
    >
      <input
        aria-label={label}
        placeholder={label}
        value={text}
        maxLength={most}
        autocomplete="off"
        onInput={event => change(event.currentTarget.value)}
      />
    </form>
  )
}

export interface DeleteDialogProps {
  client: HostClient
  session: SessionInfo
  deleted: () => void
  close: () => void
}

export function DeleteDialog({ client, session, deleted, close }: DeleteDialogProps) {
  const [progress, setProgress] = useState<number>()
  const controller = useRef<AbortController>(undefined)
  useEffect(() => () => controller.current?.abort(), [])
  const name = printable(session.title) || 'untitled'
  const remove = () => {
    const { signal } = (controller.current = new AbortController())
    setProgress(0)
    const told = (done: number, total: number) => setProgress(total > 0 ? done / total : 0)
    client.history.delete(session.session_id, { progress: told, signal }).then(
      () => {
        controller.current = undefined
        toast(`“${name}” is deleted`)
        deleted()
        close()
      },
      error => {
        controller.current = undefined
        close()
        if (!signal.aborted) tell(error)
        else toast('Stopped: a part of it may be gone already')
      },
    )
  }
  if (progress === undefined)
    return (
      <ConfirmDialog title={`Delete “${name}”?`} confirmLabel="Delete" danger onConfirm={remove} onClose={close}>
        <p>
          Its recording goes for good: {session.bytes === 0 ? 'nothing was printed' : formatBytes(session.bytes)}, with
          its marks. Nothing else keeps a copy.
        </p>
      </ConfirmDialog>
    )
  return (
    <Dialog title={`Deleting “${name}”`} onClose={() => controller.current?.abort()}>
      <progress aria-label="Deleting" value={progress} max={1} />
      <div class="actions">
        <button type="button" onClick={() => controller.current?.abort()}>
          Stop
        </button>
      </div>
    </Dialog>
  )
}

function tell(error: unknown): void {
  const { message } = toCoded(error)
  toast(message.charAt(0).toUpperCase() + message.slice(1), true)
}
