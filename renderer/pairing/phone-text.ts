// How phones and addresses are put into words. Knows no DOM.
import type { AddressKind, PairingAddress } from '../../protocol/messages.ts'
import { printable } from '../../ui/sessions/session-text.ts'

export const KIND_WORDS: Record<AddressKind, string> = {
  named: 'By name',
  tailnet: 'Tailnet',
  lan: 'Local network',
  public: 'Internet',
  vpn: 'VPN',
  container: 'Virtual network',
  link_local: 'Direct link',
  loopback: 'This computer only',
}

/** Where a phone comes from; an IPv4 address as people know it, also where the system's sockets speak IPv6. */
export function shownAddress(address: string): string {
  return printable(address).replace(/^::ffff:(?=\d+\.)/i, '')
}

/** How a phone's page came, which is also the only way its key is good for. */
export function secureWords(secure: boolean): string {
  return secure ? 'HTTPS' : 'plain HTTP'
}

/** What is left of a time, as on a clock: `1:05`. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** In two groups, which are compared at a glance. */
export function groupedCode(code: string): string {
  return printable(code).replace(/^(\d{3})(\d{3})$/, '$1 $2')
}

/** Its page travels where others could change it: neither TLS nor a tailnet is around it, and it leaves this computer. */
export function travelsInTheClear({ url, name, kind }: PairingAddress): boolean {
  return url.startsWith('http:') && kind !== 'loopback' && kind !== 'tailnet' && !name.endsWith('.ts.net')
}
