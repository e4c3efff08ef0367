// Shows the file that is on its way, that did not get there, or that waits to be used. Knows nothing of how files are sent.
import './upload-strip.css'
import { Icon } from '../ui/icons.tsx'
import { amount, printable } from '../ui/words.ts'
import type { UploadItem, Uploads } from './uploads.ts'
import type { WaysIn } from './ways-in.ts'

export interface UploadStripProps {
  ways: WaysIn
  close: () => void
}

export function UploadStrip({ ways }: UploadStripProps) {
  const { files, uploads } = ways
  const failed = files.filter(({ state }) => state === 'failed')
  const arrived = files.filter(({ state }) => state === 'arrived')
  const [first, ...rest] = files.filter(({ state }) => state === 'waiting' || state === 'sending')
  return (
    <>
      {arrived[0] && <Arrived first={arrived[0]} all={arrived} ways={ways} />}
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
        onClick={() => uploads.drop(id)}
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
          for (const { id } of all) uploads.drop(id)
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

interface ArrivedProps {
  first: UploadItem
  all: readonly UploadItem[]
  ways: WaysIn
}

/** Nothing is typed into a session by itself when somebody comes back to it. */
function Arrived({ first, all, ways }: ArrivedProps) {
  const more = all.length - 1
  return (
    <div class="upload" role="status">
      <div class="words">
        <bdi class="name">{printable(first.file.name)}</bdi>
        <span>{more > 0 ? `and ${more} more are` : 'is'} on the computer</span>
      </div>
      <button
        type="button"
        onMouseDown={keepFocus}
        onClick={() => {
          for (const file of all) ways.take(file)
        }}
      >
        Insert {more > 0 ? 'paths' : 'path'}
      </button>
      <button
        type="button"
        class="icon"
        aria-label="Dismiss"
        onMouseDown={keepFocus}
        onClick={() => {
          for (const { id } of all) ways.uploads.drop(id)
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

const keepFocus = (event: MouseEvent) => event.preventDefault()
