// What is said of addresses, phones that ask and paired devices. Knows no terminal and no command.
import type { AddressKind, DeviceInfo, PairingAddress } from '../../../protocol/messages.ts'
import { UsageError } from '../command/args.ts'
import { cut, printable } from '../command/output.ts'
import type { PairingOutcome } from './pairing-watch.ts'

/** A phone proposes what it likes; more than this would push what matters out of sight. */
const NAME_COLUMNS = 40

const KINDS: Record<AddressKind, string> = {
  named: 'as you named it',
  tailnet: 'tailnet',
  lan: 'local network',
  vpn: 'VPN',
  public: 'public internet',
  container: 'virtual network',
  link_local: 'direct cable only',
  loopback: 'this computer only',
}

export function addressKindText(kind: AddressKind): string {
  return KINDS[kind]
}

/** What plain HTTP leaves open, where anybody could use it: nothing of a computer's own traffic passes others. */
export function plainHttpWarning({ url, kind }: PairingAddress): string | undefined {
  if (!url.startsWith('http:') || kind === 'loopback') return undefined
  return 'Plain HTTP: who listens learns nothing, but who can change the traffic of this network can change the page.'
}

/** The first, or the one that `name` means. Throws UsageError. */
export function chosenAddress(addresses: readonly PairingAddress[], name: string | undefined): PairingAddress {
  if (name === undefined) return addresses[0]!
  const wanted = name.toLowerCase()
  const found =
    addresses.find(one => one.name.toLowerCase() === wanted) ??
    addresses.find(one => one.name.toLowerCase().startsWith(wanted))
  if (found) return found
  throw new UsageError(`--address takes ${addresses.map(one => one.name).join(' or ')}, not ${printable(name)}`, 'pair')
}

/** A name in quotation marks that it cannot end itself. */
export function quotedName(name: string, columns = NAME_COLUMNS): string {
  return `"${cut(printable(name).replaceAll('"', "'"), columns)}"`
}

/** A sockets' address as people write it: IPv4 is also spoken through IPv6 (RFC 4291 section 2.5.5.2). */
export function addressText(address: string): string {
  return printable(address.replace(/^::ffff:(?=\d+\.)/i, ''))
}

export function formatCode(code: string): string {
  return printable(code).replace(/^(\d{3})(\d{3})$/, '$1 $2')
}

export function permissionText({ read_only }: Pick<DeviceInfo, 'read_only'>): string {
  return read_only ? 'look' : 'type'
}

export function requesterText({ name, address }: { name: string; address: string }): string {
  return `${quotedName(name)} (${addressText(address)})`
}

export function outcomeText(ending: PairingOutcome): string {
  const { how, here, request } = ending
  const elsewhere = here ? '' : ' elsewhere'
  switch (how) {
    case 'allowed': {
      const { device } = ending
      const who = requesterText({ name: device.name, address: request.address })
      return `${who} was let in${elsewhere} and may ${device.read_only ? 'only look' : 'type'}.`
    }
    case 'refused':
      return `${requesterText(request)} was refused${elsewhere}.`
    case 'expired':
      return `${requesterText(request)} was not answered in time.`
  }
}
