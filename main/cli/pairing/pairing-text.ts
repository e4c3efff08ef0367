// How addresses, pairing requests and paired devices are described in words.
import type { AddressKind, DeviceInfo, PairingAddress } from '../../../protocol/messages.ts'
import { UsageError } from '../command/args.ts'
import { cut, printable } from '../command/text-layout.ts'
import { formatDay } from '../command/timestamps.ts'
import type { PairingOutcome } from './pairing-watch.ts'

/** A phone chooses its name; a longer one would push the rest of the line out of sight. */
const NAME_COLUMNS = 40

const KINDS: Record<AddressKind, string> = {
  named: 'custom name',
  tailnet: 'tailnet',
  lan: 'local network',
  vpn: 'VPN',
  public: 'public internet',
  container: 'virtual network',
  link_local: 'direct link',
  loopback: 'this computer only',
}

export function addressKindText(kind: AddressKind): string {
  return KINDS[kind]
}

/** What plain HTTP exposes; undefined for HTTPS and loopback, whose traffic never leaves the computer. */
export function plainHttpWarning({ url, kind }: PairingAddress): string | undefined {
  if (!url.startsWith('http:') || kind === 'loopback') return undefined
  return 'Plain HTTP: sessions are encrypted, but an attacker who can alter traffic on this network can alter the page.'
}

/** Without any network, a host that does not listen on loopback has no address. */
export const NO_ADDRESS = 'The host has no address at the moment. Connect this computer to a network.'

export const CODES_EXHAUSTED =
  'Several codes were used, and no phone was allowed. Make sure that only your phone can see this screen.'

/**
 * The first address, or the one whose name is or begins with `name`. Undefined if there is none at all; throws UsageError if
 * none matches.
 */
export function chosenAddress(
  addresses: readonly PairingAddress[],
  name: string | undefined,
): PairingAddress | undefined {
  if (name === undefined || addresses.length === 0) return addresses[0]
  const wanted = name.toLowerCase()
  const found =
    addresses.find(one => one.name.toLowerCase() === wanted) ??
    addresses.find(one => one.name.toLowerCase().startsWith(wanted))
  if (found) return found
  throw new UsageError(`--address takes ${addresses.map(one => one.name).join(' or ')}, not ${printable(name)}`, 'pair')
}

/** A name in quotation marks, which cannot contain a quotation mark itself. */
export function quotedName(name: string, columns = NAME_COLUMNS): string {
  return `"${cut(printable(name).replaceAll('"', "'"), columns)}"`
}

/** A peer address for display: IPv4-mapped IPv6 addresses as IPv4 (RFC 4291 section 2.5.5.2). */
export function addressText(address: string): string {
  return printable(address.replace(/^::ffff:(?=\d+\.)/i, ''))
}

export function formatCode(code: string): string {
  return printable(code).replace(/^(\d{3})(\d{3})$/, '$1 $2')
}

export function permissionText({ read_only, sessions }: Pick<DeviceInfo, 'read_only' | 'sessions'>): string {
  const what = read_only ? 'watch' : 'type'
  return sessions ? `${what} (${countOf(sessions.length, 'session')})` : what
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function requesterText({ name, address }: { name: string; address: string }): string {
  return `${quotedName(name)} (${addressText(address)})`
}

export function lookAlikeText({ name, created_at }: { name: string; created_at: number }): string {
  return `This is a new phone. ${quotedName(name)}, paired on ${formatDay(created_at)}, has a similar name.`
}

export function outcomeText(outcome: PairingOutcome): string {
  const { how, here, request } = outcome
  const elsewhere = here ? '' : ' elsewhere'
  switch (how) {
    case 'allowed': {
      const { device } = outcome
      const phone = requesterText({ name: device.name, address: request.address })
      return `${phone} was paired${elsewhere} and can ${device.read_only ? 'only watch' : 'type'}.`
    }
    case 'refused':
      return `${requesterText(request)} was declined${elsewhere}.`
    case 'expired':
      return `${requesterText(request)} was not answered in time.`
  }
}

/** `address`: of a browser that has opened the pairing link and has not asked yet. */
export function reachedText(address: string): string {
  return `A browser at ${addressText(address)} has opened the link.`
}
