// How a phone's browser gets here: the address as a QR code and as text. Knows nothing of sessions.
import { useEffect, useState } from 'preact/hooks'
import type { HostClient } from '../protocol/client.ts'
import { Icon } from '../ui/icons.tsx'
import { toast } from '../ui/toast.tsx'
import { QrCode } from './qr-code.tsx'

export function PhonePanel({ client, close }: { client: HostClient; close: () => void }) {
  const [address, setAddress] = useState<string>()

  useEffect(() => {
    const off = client.on('pairing', ({ addresses }) => setAddress(addresses[0]?.url))
    client.showPairing()
    return () => {
      off()
      client.hidePairing().catch(() => {})
    }
  }, [client])

  return (
    <aside class="phone-panel" aria-label="Phone">
      <header>
        <h2 class="heading">Open on a phone</h2>
        <button type="button" class="icon" aria-label="Close" title="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="code">{address && <QrCode text={address} label="QR code of the address" />}</div>
      <p class="address" data-testid="address">
        {address}
      </p>
      <div class="actions">
        <button type="button" disabled={!address} onClick={() => address && copy(address)}>
          Copy
        </button>
      </div>
      <p>Works once: the first browser that opens it is let in. Ask for a new address for the next one.</p>
      <p>
        For now On the Go listens on <strong>this computer only</strong>, until phones can be paired over an encrypted
        connection. The address opens in a browser here.
      </p>
    </aside>
  )
}

function copy(text: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast('Copied'),
    () => toast('Not copied: select the address and copy it by hand', true),
  )
}
