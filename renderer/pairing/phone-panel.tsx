// The panel for phones: pairing requests, the pairing code, paired phones.
import './phone-panel.css'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { PairingRequest } from '../../protocol/messages.ts'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { printable } from '../../ui/sessions/session-text.ts'
import { DeviceList } from './device-list.tsx'
import { PairingCode } from './pairing-code.tsx'
import { formatCode } from './phone-text.ts'
import type { Phones } from './use-phones.ts'

export interface PhonePanelProps {
  client: LocalClient
  phones: Phones | undefined
  /** Opens the dialog for this request again. */
  answer: (request: PairingRequest) => void
  close: () => void
}

export function PhonePanel({ client, phones, answer, close }: PhonePanelProps) {
  const requests = phones?.requests ?? []
  return (
    <aside class="phone-panel" aria-label="Phones">
      <header>
        <h2>Pair a phone</h2>
        <IconButton icon="close" label="Close" title="Close" onClick={close} />
      </header>
      {requests.length > 0 && (
        <section class="requests" aria-labelledby="requests-heading">
          <h3 id="requests-heading">Waiting for your answer</h3>
          <ul>
            {requests.map(request => (
              <li key={request.pairing_id} data-request={request.pairing_id}>
                <bdi class="name">{printable(request.name)}</bdi>
                <span class="digits">{formatCode(request.code)}</span>
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
