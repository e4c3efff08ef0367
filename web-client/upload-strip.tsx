// Shows the file that is on its way, or that did not get there. Knows nothing of how files are sent.
import './upload-strip.css'
import { Icon } from '../ui/icons.tsx'
import { amount, printable } from '../ui/words.ts'
import type { UploadItem, Uploads } from './uploads.ts'

export interface UploadStripProps {
  uploads: Uploads
  close: () => void
}

export function UploadStrip({ uploads }: UploadStripProps) {
  const items = uploads.items.value
  const failed = items.filter(({ state }) => state === 'failed')
  const [first, ...rest] = items.filter(({ state }) => state !== 'failed')
  return (
    <>
      {failed[0] && <Failed first={failed[0]} all={failed} uploads={uploads} />}
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
          {state === 'waiting' ? 'waits for the connection' : `${amount(done)} of ${amount(file.size)}`}
          {more > 0 && `, ${more} more`}
        </span>
        <progress max={1} value={part} aria-label={`Sending ${name}`} />
      </div>
      <button
        type="button"
        class="icon"
        aria-label={`Cancel ${name}`}
        onMouseDown={keepFocus}
        onClick={() => uploads.cancel(id)}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

interface FailedProps {
  first: UploadItem
  all: readonly UploadItem[]
  uploads: Uploads
}

/** One strip for all: twenty would leave nothing of the terminal. */
function Failed({ first, all, uploads }: FailedProps) {
  const more = all.length - 1
  return (
    <div class="upload failed" role="alert">
      <div class="words">
        <bdi class="name">{printable(first.file.name)}</bdi>
        <span>
          {more > 0 ? `and ${more} more were` : 'was'} not sent: {first.why}
        </span>
      </div>
      {first.again && (
        <button
          type="button"
          onMouseDown={keepFocus}
          onClick={() => {
            for (const { id, again } of all) if (again) uploads.again(id)
          }}
        >
          Try again
        </button>
      )}
      <button
        type="button"
        class="icon"
        aria-label="Dismiss"
        onMouseDown={keepFocus}
        onClick={() => {
          for (const { id } of all) uploads.cancel(id)
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

const keepFocus = (event: MouseEvent) => event.preventDefault()
