// The paired phones: who is here, what each may do, and out with it. Knows nothing of how they were paired.
import './device-list.css'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { DeviceInfo } from '../../protocol/messages.ts'
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { formatAge, printable } from '../../ui/sessions/session-text.ts'
import { secureWords, shownAddress } from './phone-text.ts'

/** Ages are told in minutes. */
const CLOCK_MS = 15_000

/** Characters that the host takes as a name. */
const NAME_CHARACTERS = 64

export function DeviceList({ client, devices }: { client: HostClient; devices: readonly DeviceInfo[] }) {
  const now = useNow(CLOCK_MS)
  const [revoking, setRevoking] = useState<DeviceInfo>()
  // An order that stays, whoever comes and goes: rows must not move away under the pointer.
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
            done(client.revokeDevice(revoking.device_id))
            setRevoking(undefined)
          }}
        >
          <p>It is cut off at once. To come back it has to be paired anew.</p>
        </ConfirmDialog>
      )}
    </section>
  )
}

interface DeviceProps {
  client: HostClient
  device: DeviceInfo
  now: number
  revoke: () => void
}

function Device({ client, device, now, revoke }: DeviceProps) {
  const { device_id, read_only } = device
  const [renaming, setRenaming] = useState(false)
  const [changing, setChanging] = useState(false)
  const name = printable(device.name)
  const here = device.connected > 0
  const pencil = useRef<HTMLButtonElement>(null)
  const renamed = useRef(false)
  useLayoutEffect(() => {
    // Whoever renames by keyboard goes on from where that began.
    if (renamed.current && !renaming) pencil.current?.focus()
    renamed.current = renaming
  }, [renaming])
  return (
    <li data-device={device_id}>
      {renaming ? (
        <Rename client={client} device={device} close={() => setRenaming(false)} />
      ) : (
        <div class="head">
          <span class={here ? 'dot here' : 'dot'} aria-hidden="true" />
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
          <button type="button" class="icon" aria-label={`Revoke ${name}`} title="Revoke" onClick={revoke}>
            <Icon name="close" />
          </button>
        </div>
      )}
      <p class="facts">
        <span class={here ? 'here' : undefined}>{here ? 'Connected now' : lastSeen(now - device.last_seen)}</span>
        <bdi>{shownAddress(device.address)}</bdi>
        <span>{secureWords(device.secure)}</span>
        {device.notified && <span title="Also while its page is closed">Notified</span>}
      </p>
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={read_only}
        aria-label={`${name}: look only`}
        disabled={changing}
        onClick={() => {
          setChanging(true)
          done(client.updateDevice(device_id, { read_only: !read_only })).finally(() => setChanging(false))
        }}
      >
        <span class="track" aria-hidden="true" />
        Look only
      </button>
    </li>
  )
}

/** Enter or Save takes the name, Escape leaves it. To look elsewhere meanwhile decides nothing. */
function Rename({ client, device, close }: { client: HostClient; device: DeviceInfo; close: () => void }) {
  const [text, setText] = useState(device.name)
  const save = () => {
    const name = text.trim()
    if (name === '' || name === device.name) return close()
    if (name.length > NAME_CHARACTERS) return toast(`A name has at most ${NAME_CHARACTERS} characters`, true)
    client.updateDevice(device.device_id, { name }).then(close, tell)
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

/** Outside of the component, so that it is called when the input comes, not at every letter. */
function focusOnce(input: HTMLInputElement | null): void {
  input?.focus()
  input?.select()
}

function lastSeen(milliseconds: number): string {
  const words = formatAge(milliseconds)
  return words === 'now' ? 'Seen just now' : `Seen ${words} ago`
}

/** What worked is seen in the list; what did not is said. */
function done(request: Promise<void>): Promise<void> {
  return request.catch(tell)
}

function tell(error: unknown): void {
  const { message } = toCoded(error)
  toast(message.charAt(0).toUpperCase() + message.slice(1), true)
}
