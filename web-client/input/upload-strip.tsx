// Shows the file that is on its way, that did not get there, or that waits to be used. Knows nothing of how files are sent.
import './upload-strip.css'
import type { ComponentChildren } from 'preact'
import { Icon } from '../../ui/kit/icons.tsx'
import { formatBytes, printable } from '../../ui/sessions/session-text.ts'
import type { SessionInput } from './session-input.ts'
import type { UploadItem, Uploads } from './uploads.ts'

export interface UploadStripProps {
  ways: SessionInput
  close: () => void
}

export function UploadStrip({ ways }: UploadStripProps) {
  const { files, uploads } = ways
  const failed = files.filter(({ state }) => state === 'failed')
  const arrived = files.filter(({ state }) => state === 'arrived')
  const [first, ...rest] = files.filter(({ state }) => state === 'waiting' || state === 'sending')
  return (
    <>
      <Together files={failed} bad verb={['was', 'were']} what={`not sent: ${failed[0]?.why}`} uploads={uploads}>
        {failed[0]?.again && (
          <button
            type="button"
            onMouseDown={keepFocus}
            onClick={() => {
              for (const { id, again } of failed) if (again) uploads.again(id)
            }}
          >
            Try again
          </button>
        )}
      </Together>
      {/* Nothing is typed into a session by itself when somebody comes back to it. */}
      <Together files={arrived} verb={['is', 'are']} what="on the computer" uploads={uploads}>
        <button
          type="button"
          onMouseDown={keepFocus}
          onClick={() => {
            for (const file of arrived) ways.take(file)
          }}
        >
          Insert {arrived.length > 1 ? 'paths' : 'path'}
        </button>
      </Together>
      {first && <UnderWay key={first.id} item={first} more={rest.length} uploads={uploads} />}
    </>
  )
}

interface UnderWayProps {
  item: UploadItem
  more: number
  uploads: Uploads
}

function UnderWay({ item, more, uploads }: UnderWayProps) {
  const { id, file, state, done } = item
  const name = printable(file.name)
  const part = file.size === 0 ? 1 : done / file.size
  return (
    <div class="upload">
      <div class="words">
        <bdi class="name">{name}</bdi>
        <span class="how-far">
          {state === 'waiting' ? 'waits for the connection' : `${formatBytes(done)} of ${formatBytes(file.size)}`}
          {more > 0 && `, ${more} more`}
        </span>
        <progress max={1} value={part} aria-label={`Sending ${name}`} />
      </div>
      <button
        type="button"
        class="icon"
        aria-label={`Cancel ${name}`}
        onMouseDown={keepFocus}
        onClick={() => uploads.drop(id)}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

interface TogetherProps {
  files: readonly UploadItem[]
  bad?: boolean
  /** For one, and for several. */
  verb: [string, string]
  what: string
  uploads: Uploads
  children: ComponentChildren
}

/** One strip for all of which the same is to be said: twenty would leave nothing of the terminal. */
function Together({ files, bad, verb: [one, several], what, uploads, children }: TogetherProps) {
  const [first, ...rest] = files
  if (!first) return null
  return (
    <div class={bad ? 'upload failed' : 'upload'} role={bad ? 'alert' : 'status'}>
      <div class="words">
        <bdi class="name">{printable(first.file.name)}</bdi>
        <span>
          {rest.length > 0 ? `and ${rest.length} more ${several}` : one} {what}
        </span>
      </div>
      {children}
      <button
        type="button"
        class="icon"
        aria-label="Dismiss"
        onMouseDown={keepFocus}
        onClick={() => {
          for (const { id } of files) uploads.drop(id)
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

const keepFocus = (event: MouseEvent) => event.preventDefault()
