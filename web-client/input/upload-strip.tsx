// Shows uploads that are under way, failed, or waiting to be inserted.
import './upload-strip.css'
import type { ComponentChildren } from 'preact'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { formatBytes, printable } from '../../ui/sessions/session-text.ts'
import { keepFocus } from '../page/keep-focus.ts'
import type { SessionInput } from './session-input.ts'
import type { UploadItem, Uploads } from './uploads.ts'

export interface UploadStripProps {
  input: SessionInput
}

export function UploadStrip({ input }: UploadStripProps) {
  const { files, uploads } = input
  const failed = files.filter(({ state }) => state === 'failed')
  const arrived = files.filter(({ state }) => state === 'arrived')
  const [first, ...rest] = files.filter(({ state }) => state === 'waiting' || state === 'sending')
  return (
    <>
      <UploadGroup
        files={failed}
        bad
        verb={['was', 'were']}
        what={`not uploaded: ${failed[0]?.reason}`}
        uploads={uploads}
      >
        {failed[0]?.retryable && (
          <button
            type="button"
            onMouseDown={keepFocus}
            onClick={() => {
              for (const { id, retryable } of failed) if (retryable) uploads.retry(id)
            }}
          >
            Try again
          </button>
        )}
      </UploadGroup>
      {/* After returning to a session, nothing is typed into it without a tap. */}
      <UploadGroup files={arrived} verb={['is', 'are']} what="on your computer" uploads={uploads}>
        <button
          type="button"
          onMouseDown={keepFocus}
          onClick={() => {
            for (const file of arrived) input.insertPath(file)
          }}
        >
          Insert {arrived.length > 1 ? 'paths' : 'path'}
        </button>
      </UploadGroup>
      {first && <UploadProgress key={first.id} item={first} more={rest.length} uploads={uploads} />}
    </>
  )
}

interface UploadProgressProps {
  item: UploadItem
  more: number
  uploads: Uploads
}

function UploadProgress({ item, more, uploads }: UploadProgressProps) {
  const { id, file, state, sentBytes } = item
  const name = printable(file.name)
  const fraction = file.size === 0 ? 1 : sentBytes / file.size
  return (
    <div class="upload">
      <div class="text">
        <bdi class="name">{name}</bdi>
        <span class="status">
          {state === 'waiting'
            ? 'waiting for the connection'
            : `${formatBytes(sentBytes)} of ${formatBytes(file.size)}`}
          {more > 0 && `, ${more} more`}
        </span>
        <progress max={1} value={fraction} aria-label={`Uploading ${name}`} />
      </div>
      <IconButton
        icon="close"
        label={`Cancel upload of ${name}`}
        onMouseDown={keepFocus}
        onClick={() => uploads.drop(id)}
      />
    </div>
  )
}

interface UploadGroupProps {
  files: readonly UploadItem[]
  bad?: boolean
  /** Singular and plural. */
  verb: [string, string]
  what: string
  uploads: Uploads
  children: ComponentChildren
}

/** One strip for all files with the same state: twenty strips would leave no room for the terminal. */
function UploadGroup({ files, bad, verb: [one, several], what, uploads, children }: UploadGroupProps) {
  const [first, ...rest] = files
  if (!first) return null
  return (
    <div class={bad ? 'upload failed' : 'upload'} role={bad ? 'alert' : 'status'}>
      <div class="text">
        <bdi class="name">{printable(first.file.name)}</bdi>
        <span>
          {rest.length > 0 ? `and ${rest.length} more ${several}` : one} {what}
        </span>
      </div>
      {children}
      <IconButton
        icon="close"
        label="Dismiss"
        onMouseDown={keepFocus}
        onClick={() => {
          for (const { id } of files) uploads.drop(id)
        }}
      />
    </div>
  )
}
