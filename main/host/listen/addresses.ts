// IP addresses: which are private, which to listen on, which come first. Knows no sockets and no names.
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { CodedError } from '../../../protocol/errors.ts'
import { AddressKind } from '../../../protocol/messages.ts'

/** What to listen on: this computer alone, also what no router passes on (the default), everything, or these addresses. */
export type Bind = 'loopback' | 'private' | 'all' | string[]

/** As `os.networkInterfaces()` has them. */
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/** Best first: what a phone most likely reaches, and reaches tomorrow. */
export const KINDS: readonly AddressKind[] = AddressKind.options

export interface OwnAddress {
  /** Canonical: what browsers make of it in Host and Origin, without brackets. */
  address: string
  kind: AddressKind
}

/** Docker hosts have dozens; a listener each. */
export const MAX_ADDRESSES = 64

const loopback = networks('127.0.0.0/8', '::1/128')
const linkLocal = networks('169.254.0.0/16')
/** Carrier-grade NAT, which Tailscale and Headscale number their networks from, and Tailscale's own block. */
const tailnet = networks('100.64.0.0/10', 'fd7a:115c:a1e0::/48')
/** RFC 1918, 6598, 3927 and 4193: nobody reaches these from the internet. */
const unrouted = networks(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
)
/** Listened on by nobody: browsers have no way to write the zone that such an address needs (RFC 4291 section 2.5.6). */
const zoned = networks('fe80::/10')

/** Bridges and cables to containers and virtual machines on this computer, on Linux, macOS and Windows. */
const CONTAINER =
  /^(docker|br-|veth|virbr|vmnet|vmenet|vboxnet|lxc|lxd|cni|cali|flannel|podman|bridge1\d\d$|vEthernet|wsl|VMware|VirtualBox)/i
/** Tunnels: whoever is at their other end, it is seldom the phone. */
const VPN = /^(tun|tap|utun|wg|ppp|ipsec|zt|feth|ZeroTier|WireGuard|OpenVPN)/i

/** From argv or settings: `loopback`, `private`, `all`, or IP addresses with commas. Throws `bind_refused`. */
export function parseBind(text: string): Bind {
  const words = text
    .split(',')
    .map(word => word.trim().toLowerCase())
    .filter(word => word !== '')
  const [word] = words
  if (words.length === 1) {
    if (word === 'loopback' || word === 'private' || word === 'all') return word
    if (word === 'localhost') return 'loopback'
  }
  const addresses = [...new Set(words.map(parseAddress))]
  if (addresses.length === 0) throw refused(text, 'is no address')
  if (addresses.length > MAX_ADDRESSES) throw refused(text, `names more than ${MAX_ADDRESSES} addresses`)
  return addresses.some(address => address === '0.0.0.0' || address === '::') ? 'all' : addresses
}

function parseAddress(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (!isIP(bare)) throw refused(text, 'is no address')
  const address = canonical(bare)
  if (within(zoned, address)) throw refused(text, 'is a link-local address, which no browser can open')
  return address
}

function refused(text: string, why: string): CodedError {
  return new CodedError('bind_refused', `${text || 'nothing'} ${why}; say loopback, private, all, or IP addresses`)
}

/** What the interfaces have, best first, each once; nothing that cannot be listened on. */
export function ownAddresses(interfaces: Interfaces): OwnAddress[] {
  const all = new Map<string, OwnAddress>()
  for (const [device, infos] of Object.entries(interfaces))
    for (const info of infos ?? []) {
      if (!isIP(info.address)) continue
      const address = canonical(info.address)
      // Of the 16 million loopback addresses these two are in use by browsers; others belong to other programs.
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

/** IPv4 before IPv6: shorter to read and type, and in every network. Otherwise as the system lists them. */
export function bestFirst(a: OwnAddress, b: OwnAddress): number {
  return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || isIP(a.address) - isIP(b.address)
}

/** The address that must be had: without it there is no server. */
export function firstOf(bind: Bind): string {
  if (bind === 'all') return '::'
  return typeof bind === 'string' ? '127.0.0.1' : bind[0]!
}

/** Those of `own` that `bind` wants listened on, best first. By address and not by kind: kinds also go by names. */
export function wantedOf(bind: Bind, own: readonly OwnAddress[]): OwnAddress[] {
  // What was told is tried whether it is there or not: an interface may come later.
  if (typeof bind === 'object') return bind.map(one => own.find(({ address }) => address === one) ?? classify(one))
  if (bind === 'all') return [...own]
  const inside = own.filter(
    ({ address }) => within(loopback, address) || (bind === 'private' && within(unrouted, address)),
  )
  // Where there are more than we take, loopback stays although it is ranked last.
  const others = inside.filter(({ kind }) => kind !== 'loopback').slice(0, MAX_ADDRESSES - 2)
  return [...others, ...inside.filter(({ kind }) => kind === 'loopback')]
}

/** A peer's address without what a dual-stack socket puts before IPv4 and without a zone. */
export function plainAddress(address: string | undefined): string {
  const bare = (address ?? '').replace(/%.*$/, '')
  return isIP(bare) ? canonical(bare) : bare
}

/** As WHATWG URLs have it (shortest, lower case); IPv4 that was mapped into IPv6 becomes IPv4. */
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
