// The dialogs of a recording: set a mark, rename, delete.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { LABEL_CHARACTERS } from '../../protocol/limits.ts'
import type { Mark, SessionInfo } from '../../protocol/messages.ts'
import { ConfirmDialog, Dialog } from '../kit/dialog.tsx'
import { toast, toastError } from '../kit/toast.tsx'
import { formatBytes, printable } from '../sessions/session-text.ts'
import { timeCode } from './time-code.ts'

/** As the host's limit. */
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
  // The position when the dialog opened; a running session moves on.
  const target = useRef({ offset })
  const title = useRef(`Mark ${timeCode(at)}`)
  const mark = () => {
    close()
    client.history.mark(session_id, target.current, label.trim()).then(marked, toastError)
  }
  return (
    <ConfirmDialog title={title.current} confirmLabel="Mark" onConfirm={mark} onClose={close}>
      <OneLine label="Label" text={label} maxLength={LABEL_CHARACTERS} change={setLabel} done={mark} />
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
    client.rename(session.session_id, title).then(() => renamed({ ...session, title }), toastError)
  }
  return (
    <ConfirmDialog title="Rename session" confirmLabel="Rename" onConfirm={rename} onClose={close}>
      <OneLine label="Name" text={title} maxLength={TITLE_CHARACTERS} change={setTitle} done={rename} />
    </ConfirmDialog>
  )
}

interface OneLineProps {
  label: string
  text: string
  maxLength: number
  change: (text: string) => void
  done: () => void
}

function OneLine({ label, text, maxLength, change, done }: OneLineProps) {
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
        maxLength={maxLength}
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
    const onProgress = (done: number, total: number) => setProgress(total > 0 ? done / total : 0)
    client.history.delete(session.session_id, { progress: onProgress, signal }).then(
      () => {
        controller.current = undefined
        toast(`“${name}” deleted`)
        deleted()
        close()
      },
      error => {
        controller.current = undefined
        close()
        if (!signal.aborted) toastError(error)
        else toast('Stopped. Part of the recording may be deleted already.')
      },
    )
  }
  if (progress === undefined)
    return (
      <ConfirmDialog title={`Delete “${name}”?`} confirmLabel="Delete" danger onConfirm={remove} onClose={close}>
        <p>
          Its recording ({session.bytes === 0 ? 'no output' : formatBytes(session.bytes)}) and its marks are deleted for
          good. There is no other copy.
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
