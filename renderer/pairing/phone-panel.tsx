// Everything about phones, beside the terminal: who waits, the pairing code, who is paired. Knows nothing of sessions.
import './phone-panel.css'
import type { HostClient } from '../../protocol/client/client.ts'
import type { PairingRequest } from '../../protocol/messages.ts'
import { Icon } from '../../ui/kit/icons.tsx'
import { printable } from '../../ui/sessions/session-text.ts'
import { DeviceList } from './device-list.tsx'
import { PairingCode } from './pairing-code.tsx'
import { groupedCode } from './phone-text.ts'
import type { Phones } from './use-phones.ts'

export interface PhonePanelProps {
  client: HostClient
  phones: Phones | undefined
  /** Asks about this one again. */
  answer: (request: PairingRequest) => void
  close: () => void
}

export function PhonePanel({ client, phones, answer, close }: PhonePanelProps) {
  const requests = phones?.requests ?? []
  return (
    <aside class="phone-panel" aria-label="Phone">
      <header>
        <h2>Open on a phone</h2>
        <button type="button" class="icon" aria-label="Close" title="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {requests.length > 0 && (
        <section class="requests" aria-labelledby="requests-heading">
          <h3 id="requests-heading">Waiting for your answer</h3>
          <ul>
            {requests.map(request => (
              <li key={request.pairing_id} data-request={request.pairing_id}>
                <bdi class="name">{printable(request.name)}</bdi>
                <span class="digits">{groupedCode(request.code)}</span>
                <button type="button" aria-label={`Answer ${printable(request.name)}`} onClick={() => answer(request)}>
                  Answer…
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <PairingCode client={client} />
      {phones && <DeviceList client={client} devices={phones.devices} />}
    </aside>
  )
}
