// The paired phones: whether each is connected, its name and permission, and revoking it.
import './device-list.css'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { DeviceInfo } from '../../protocol/messages.ts'
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { formatAge, printable } from '../../ui/sessions/session-text.ts'
import { addressText, transportText } from './phone-text.ts'
import { SessionLimitDialog } from './session-limit-dialog.tsx'

/** Ages are shown in minutes. */
const CLOCK_MS = 15_000

/** The host's limit for names. */
const NAME_CHARACTERS = 64

export function DeviceList({ client, devices }: { client: LocalClient; devices: readonly DeviceInfo[] }) {
  const now = useNow(CLOCK_MS)
  const [revoking, setRevoking] = useState<DeviceInfo>()
  // A fixed order: rows must not move under the pointer when phones connect.
  const ordered = [...devices].sort((a, b) => b.created_at - a.created_at)
  return (
    <section class="devices" aria-labelledby="devices-heading">
      <h3 id="devices-heading">Paired phones</h3>
      {ordered.length === 0 && <p class="none">None yet. Scan the code with a phone’s camera.</p>}
      <ul>
        {ordered.map(device => (
          <Device key={device.device_id} client={client} device={device} now={now} revoke={() => setRevoking(device)} />
        ))}
      </ul>
      {revoking && (
        <ConfirmDialog
          title={`Revoke “${printable(revoking.name)}”?`}
          confirmLabel="Revoke"
          danger
          onClose={() => setRevoking(undefined)}
          onConfirm={() => {
            orShowError(client.revokeDevice(revoking.device_id))
            setRevoking(undefined)
          }}
        >
          <p>It is disconnected at once and has to be paired again.</p>
        </ConfirmDialog>
      )}
    </section>
  )
}

interface DeviceProps {
  client: LocalClient
  device: DeviceInfo
  now: number
  revoke: () => void
}

function Device({ client, device, now, revoke }: DeviceProps) {
  const { device_id, read_only } = device
  const [renaming, setRenaming] = useState(false)
  const [changing, setChanging] = useState(false)
  const [limiting, setLimiting] = useState(false)
  const name = printable(device.name)
  const connected = device.connected > 0
  const pencil = useRef<HTMLButtonElement>(null)
  const renamed = useRef(false)
  useLayoutEffect(() => {
    // Renaming by keyboard returns the focus to the button that began it.
    if (renamed.current && !renaming) pencil.current?.focus()
    renamed.current = renaming
  }, [renaming])
  return (
    <li data-device={device_id}>
      {renaming ? (
        <Rename client={client} device={device} close={() => setRenaming(false)} />
      ) : (
        <div class="head">
          <span class={connected ? 'dot here' : 'dot'} aria-hidden="true" />
          <bdi class="name" title={name}>
            {name}
          </bdi>
          <button
            ref={pencil}
            type="button"
            class="icon"
            aria-label={`Rename ${name}`}
            title="Rename"
            onClick={() => setRenaming(true)}
          >
            <Icon name="pencil" />
          </button>
          <IconButton icon="close" label={`Revoke ${name}`} title="Revoke" onClick={revoke} />
        </div>
      )}
      <p class="facts">
        <span class={connected ? 'here' : undefined}>{connected ? 'Connected' : lastSeen(now - device.last_seen)}</span>
        <bdi>{addressText(device.address)}</bdi>
        <span>{transportText(device.secure)}</span>
        {device.notified && <span title="Gets notifications while its page is closed">Notifications on</span>}
      </p>
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={read_only}
        aria-label={`${name}: watch only`}
        disabled={changing}
        onClick={() => {
          setChanging(true)
          orShowError(client.updateDevice(device_id, { read_only: !read_only })).finally(() => setChanging(false))
        }}
      >
        <span class="track" aria-hidden="true" />
        Watch only
      </button>
      <button type="button" class="limit" aria-label={`Sessions of ${name}`} onClick={() => setLimiting(true)}>
        {device.sessions ? `Sessions: ${device.sessions.length} chosen…` : 'Sessions: all…'}
      </button>
      {limiting && <SessionLimitDialog client={client} device={device} close={() => setLimiting(false)} />}
    </li>
  )
}

/** Enter and Save rename, Escape and Cancel do not. Losing the focus does neither. */
function Rename({ client, device, close }: { client: LocalClient; device: DeviceInfo; close: () => void }) {
  const [text, setText] = useState(device.name)
  const save = () => {
    const name = text.trim()
    if (name === '' || name === device.name) return close()
    if (name.length > NAME_CHARACTERS) return toast(`Use at most ${NAME_CHARACTERS} characters`, true)
    client.updateDevice(device.device_id, { name }).then(close, showError)
  }
  return (
    <form
      class="rename"
      onSubmit={event => {
        event.preventDefault()
        save()
      }}
      onKeyDown={event => event.key === 'Escape' && close()}
    >
      <input
        ref={focusOnce}
        aria-label={`Name of ${printable(device.name)}`}
        maxLength={NAME_CHARACTERS}
        autocomplete="off"
        value={text}
        onInput={event => setText(event.currentTarget.value)}
      />
      <button type="submit">Save</button>
      <button type="button" class="plain" onClick={close}>
        Cancel
      </button>
    </form>
  )
}

/** Outside the component, so that it is called only when the input appears. */
function focusOnce(input: HTMLInputElement | null): void {
  input?.focus()
  input?.select()
}

function lastSeen(milliseconds: number): string {
  const age = formatAge(milliseconds)
  return age === 'now' ? 'Seen just now' : `Seen ${age} ago`
}

/** Success shows in the list; a failure is reported. */
function orShowError(request: Promise<void>): Promise<void> {
  return request.catch(showError)
}

function showError(error: unknown): void {
  const { message } = toCoded(error)
  toast(message.charAt(0).toUpperCase() + message.slice(1), true)
}
