// Lets the user choose the address in the pairing code.
import type { PairingAddress } from '../../protocol/messages.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import { ADDRESS_KINDS } from './phone-text.ts'

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
          <span class="kind">{ADDRESS_KINDS[address.kind]}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** Identifies an address when its secret is renewed: scheme and name. */
function nameOf({ url, name }: PairingAddress): string {
  return `${url.split(':')[0]} ${name}`
}

/** The address chosen before, or the best one. */
export function chosenAddress(
  addresses: readonly PairingAddress[],
  choice: string | undefined,
): PairingAddress | undefined {
  return addresses.find(address => nameOf(address) === choice) ?? addresses[0]
}

const KEY = 'otg.address'

/** The choice survives closing the window and the app. */
export function storedChoice(): string | undefined {
  return localStorage.getItem(KEY) ?? undefined
}

/** Returns the new choice, for `chosenAddress`. */
export function storeChoice(address: PairingAddress): string {
  const choice = nameOf(address)
  localStorage.setItem(KEY, choice)
  return choice
}
