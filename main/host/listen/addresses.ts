// IP addresses: which are private, which to listen on, which come first.
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { CodedError } from '../../../protocol/errors.ts'
import { AddressKind } from '../../../protocol/messages.ts'

/** What to listen on: loopback only, also private addresses (the default), everything, or these addresses. */
export type Bind = 'loopback' | 'private' | 'all' | string[]

/** As `os.networkInterfaces()` returns them. */
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/** Best first: the address that a phone most likely reaches, today and tomorrow. */
export const KINDS: readonly AddressKind[] = AddressKind.options

export interface OwnAddress {
  /** Canonical: as browsers write it in Host and Origin, without brackets. */
  address: string
  kind: AddressKind
}

/** Docker hosts have dozens of addresses, and each costs a listener. */
export const MAX_ADDRESSES = 64

const loopback = networks('127.0.0.0/8', '::1/128')
const linkLocal = networks('169.254.0.0/16')
/** Carrier-grade NAT, from which Tailscale and Headscale assign addresses, and Tailscale's own IPv6 block. */
const tailnet = networks('100.64.0.0/10', 'fd7a:115c:a1e0::/48')
/** RFC 1918, 6598, 3927 and 4193: not reachable from the internet. */
const unrouted = networks(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
)
/** Never listened on: URLs in browsers cannot contain the zone that such an address needs (RFC 4291 section 2.5.6). */
const zoned = networks('fe80::/10')

/** Bridges and cables to containers and virtual machines on this computer, on Linux, macOS and Windows. */
const CONTAINER =
  /^(docker|br-|veth|virbr|vmnet|vmenet|vboxnet|lxc|lxd|cni|cali|flannel|podman|bridge1\d\d$|vEthernet|wsl|VMware|VirtualBox)/i
/** Tunnels, which seldom lead to the phone. */
const VPN = /^(tun|tap|utun|wg|ppp|ipsec|zt|feth|ZeroTier|WireGuard|OpenVPN)/i

/** From argv or settings: `loopback`, `private`, `all`, or comma-separated IP addresses. Throws `bind_refused`. */
export function parseBind(text: string): Bind {
  const parts = text
    .split(',')
    .map(part => part.trim().toLowerCase())
    .filter(part => part !== '')
  const [part] = parts
  if (parts.length === 1) {
    if (part === 'loopback' || part === 'private' || part === 'all') return part
    if (part === 'localhost') return 'loopback'
  }
  const addresses = [...new Set(parts.map(parseAddress))]
  if (addresses.length === 0) throw refused(text, 'is not an address')
  if (addresses.length > MAX_ADDRESSES) throw refused(text, `names more than ${MAX_ADDRESSES} addresses`)
  return addresses.some(address => address === '0.0.0.0' || address === '::') ? 'all' : addresses
}

function parseAddress(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (!isIP(bare)) throw refused(text, 'is not an address')
  const address = canonical(bare)
  if (within(zoned, address)) throw refused(text, 'is a link-local address, which no browser can open')
  return address
}

function refused(text: string, why: string): CodedError {
  return new CodedError('bind_refused', `${text || 'nothing'} ${why}; use loopback, private, all, or IP addresses`)
}

/** The addresses of the interfaces that can be listened on, best first, each once. */
export function ownAddresses(interfaces: Interfaces): OwnAddress[] {
  const all = new Map<string, OwnAddress>()
  for (const [device, infos] of Object.entries(interfaces))
    for (const info of infos ?? []) {
      if (!isIP(info.address)) continue
      const address = canonical(info.address)
      // Browsers use only these two of the 16 million loopback addresses; others belong to other programs.
      if (within(loopback, address) && address !== '127.0.0.1' && address !== '::1') continue
      if (!within(zoned, address) && !all.has(address)) all.set(address, classify(address, device))
    }
  return [...all.values()].sort(bestFirst)
}

export function classify(address: string, device = ''): OwnAddress {
  return { address, kind: kindOf(address, device) }
}

function kindOf(address: string, device: string): AddressKind {
  if (within(loopback, address)) return 'loopback'
  if (within(linkLocal, address)) return 'link_local'
  if (CONTAINER.test(device)) return 'container'
  if (within(tailnet, address)) return 'tailnet'
  if (!within(unrouted, address)) return 'public'
  return VPN.test(device) ? 'vpn' : 'lan'
}

/** IPv4 before IPv6, because it is shorter to type and works in every network. Otherwise in the system's order. */
export function bestFirst(a: OwnAddress, b: OwnAddress): number {
  return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || isIP(a.address) - isIP(b.address)
}

/** The address that the server itself listens on; if it is not available, the host does not start. */
export function firstOf(bind: Bind): string {
  if (bind === 'all') return '::'
  return typeof bind === 'string' ? '127.0.0.1' : bind[0]!
}

/** The addresses of `own` to listen on, best first. Decided by address, not by kind: kinds also depend on interface names. */
export function wantedOf(bind: Bind, own: readonly OwnAddress[]): OwnAddress[] {
  // Addresses named by the user are tried even if they are missing: an interface may come up later.
  if (typeof bind === 'object') return bind.map(one => own.find(({ address }) => address === one) ?? classify(one))
  if (bind === 'all') return [...own]
  const inside = own.filter(
    ({ address }) => within(loopback, address) || (bind === 'private' && within(unrouted, address)),
  )
  // If there are too many, loopback stays although it is ranked last.
  const others = inside.filter(({ kind }) => kind !== 'loopback').slice(0, MAX_ADDRESSES - 2)
  return [...others, ...inside.filter(({ kind }) => kind === 'loopback')]
}

/** A peer's address without the prefix that a dual-stack socket gives IPv4, and without a zone. */
export function plainAddress(address: string | undefined): string {
  const bare = (address ?? '').replace(/%.*$/, '')
  return isIP(bare) ? canonical(bare) : bare
}

/** As in WHATWG URLs (shortest form, lower case). IPv4-mapped IPv6 becomes IPv4. */
export function canonical(address: string): string {
  const bare = address.replace(/%.*$/, '')
  if (!isIPv6(bare)) return bare
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (!mapped) return short
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)]
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && within(loopback, address)
}

function networks(...all: string[]): BlockList {
  const list = new BlockList()
  for (const one of all) {
    const [network, bits] = one.split('/') as [string, string]
    list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4')
  }
  return list
}

function within(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
