// The addresses by which a phone may reach this computer, one of them chosen. Knows nothing of secrets or codes.
import type { PairingAddress } from '../../protocol/messages.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import { KIND_WORDS } from './phone-text.ts'

export interface AddressListProps {
  addresses: readonly PairingAddress[]
  chosen: PairingAddress
  choose: (address: PairingAddress) => void
}

export function AddressList({ addresses, chosen, choose }: AddressListProps) {
  return (
    <fieldset class="address-list">
      <legend>Address in the code</legend>
      {addresses.map(address => (
        <label key={nameOf(address)}>
          <input
            type="radio"
            name="address"
            checked={nameOf(address) === nameOf(chosen)}
            onChange={() => choose(address)}
          />
          <bdi>{printable(address.name)}</bdi>
          <span class="kind">{KIND_WORDS[address.kind]}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** What stays of an address when its secret is renewed: its name, apart for http and https. */
function nameOf({ url, name }: PairingAddress): string {
  return `${url.split(':')[0]} ${name}`
}

/** The one that was chosen before, or the best. */
export function chosenOf(addresses: readonly PairingAddress[], choice: string | undefined): PairingAddress | undefined {
  return addresses.find(address => nameOf(address) === choice) ?? addresses[0]
}

const KEPT = 'otg.address'

/** Also when the window was closed meanwhile, or the app. */
export function keptChoice(): string | undefined {
  return localStorage.getItem(KEPT) ?? undefined
}

/** Returns how the choice is called. */
export function keepChoice(address: PairingAddress): string {
  const choice = nameOf(address)
  localStorage.setItem(KEPT, choice)
  return choice
}
