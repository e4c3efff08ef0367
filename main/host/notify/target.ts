// The addresses that a user may name for ntfy and for a webhook.
import { BlockList, isIP } from 'node:net'

/** Loopback and RFC 1918, 6598, 3927, 4193 and 4291: plain HTTP to these does not cross the internet. */
const PRIVATE = new BlockList()
for (const [network, prefix, family] of [
  ['127.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
] as const)
  PRIVATE.addSubnet(network, prefix, family)

export const TARGET_CHARACTERS = 2048

/** Why the host does not send to this address; undefined: it does. */
export function targetProblem(text: string): string | undefined {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'is not an address; write it like https://example.com/path'
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'takes an address that begins with https://'
  if (url.username !== '' || url.password !== '') return 'takes no user name or password in the address'
  if (url.hash !== '') return 'takes no # in the address'
  if (url.protocol === 'http:' && !isPrivate(url.hostname))
    return 'takes http:// only for localhost and private IP addresses; use https://'
  return undefined
}

/** A name may resolve to anything, so only `localhost` and literal addresses count. */
function isPrivate(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(address)
  if (version === 0) return hostname === 'localhost'
  return PRIVATE.check(address, version === 4 ? 'ipv4' : 'ipv6')
}
