// How phones and addresses are described in words.
import type { AddressKind, PairingAddress } from '../../protocol/messages.ts'
import { printable } from '../../ui/sessions/session-text.ts'

export const ADDRESS_KINDS: Record<AddressKind, string> = {
  named: 'Custom name',
  tailnet: 'Tailnet',
  lan: 'Local network',
  public: 'Public internet',
  vpn: 'VPN',
  container: 'Virtual network',
  link_local: 'Direct link',
  loopback: 'This computer only',
}

/** A peer address for display: IPv4-mapped IPv6 addresses as IPv4. */
export function addressText(address: string): string {
  return printable(address).replace(/^::ffff:(?=\d+\.)/i, '')
}

/** How the phone's page was loaded. Its key works only over the same scheme. */
export function transportText(secure: boolean): string {
  return secure ? 'HTTPS' : 'plain HTTP'
}

/** `1:05` */
export function formatCountdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** `3 May 2026`, as this computer's language has it. */
export function formatDate(time: number): string {
  return new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
}

/** In two groups, which are easier to compare. */
export function formatCode(code: string): string {
  return printable(code).replace(/^(\d{3})(\d{3})$/, '$1 $2')
}

/** Whether others could alter the page on its way: it leaves this computer without TLS and outside a tailnet. */
export function isExposed({ url, name, kind }: PairingAddress): boolean {
  return url.startsWith('http:') && kind !== 'loopback' && kind !== 'tailnet' && !name.endsWith('.ts.net')
}
