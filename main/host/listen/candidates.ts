// The addresses to show for a phone, best first.
import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { AddressKind } from '../../../protocol/messages.ts'
import { KINDS, type OwnAddress } from './addresses.ts'
import { allowedOrigin, originOf } from './host-names.ts'
import { type FoundName, isDnsName } from './name-discovery.ts'

export interface Address {
  /** `http://name:port`. A pairing is tied to it, because browsers store keys per origin. */
  origin: string
  kind: AddressKind
  /** The name or address alone. */
  name: string
}

/** Certificates of hosting companies contain hundreds of names. */
const MAX_CERTIFICATE_NAMES = 16

/**
 * Within a kind, names come before IP addresses: a name stays when the router assigns other addresses. With a certificate
 * only the names and addresses that it covers are listed, its own names first, and always one for loopback.
 */
export function candidates(options: {
  port: number
  secure: boolean
  /** The addresses that are listened on, best first. */
  own: readonly OwnAddress[]
  found: readonly FoundName[]
  allowed: readonly string[]
  certificate: X509Certificate | undefined
}): Address[] {
  const { port, secure, own, certificate } = options
  const allowed = options.allowed
    // A proxy has a certificate of its own; a name with our own port has to be covered by ours.
    .filter(
      name => !certificate || !name.endsWith(`:${port}`) || covers(certificate, name.slice(0, -`:${port}`.length)),
    )
    .map(name => ({ origin: allowedOrigin(name, secure), name: new URL(allowedOrigin(name, secure)).hostname }))
  const certified = certificate ? namesOf(certificate) : []
  const named = found(options.found, own)
  const rows: Address[] = [
    ...allowed.map(row => ({ ...row, kind: 'named' as const })),
    ...certified.map(name => row(name, 'named')),
    ...KINDS.flatMap(kind => [
      ...named.filter(one => one.kind === kind).map(({ name }) => row(name, kind)),
      ...own.filter(one => one.kind === kind).map(({ address }) => row(address, kind)),
    ]).filter(({ name }) => !certificate || covers(certificate, name)),
  ]
  if (certificate && own.some(({ kind }) => kind === 'loopback')) {
    const covered = rows.some(({ kind }) => kind === 'loopback')
    if (!covered) rows.push(row(covers(certificate, 'localhost') ? 'localhost' : '127.0.0.1', 'loopback'))
  }
  // At least one address, covered or not.
  if (rows.length === 0 && own[0]) rows.push(row(own[0].address, own[0].kind))
  return rows.filter(({ origin }, at) => rows.findIndex(other => other.origin === origin) === at)

  function row(name: string, kind: AddressKind): Address {
    return { origin: originOf(name, port, secure), kind, name }
  }
}

/** Found names with the best kind among their addresses, except names that lead to no address that is listened on. */
function found(names: readonly FoundName[], own: readonly OwnAddress[]) {
  return names.flatMap(({ name, addresses }) => {
    const [best] = own.filter(({ address, kind }) => kind !== 'loopback' && addresses.includes(address))
    return best ? [{ name, kind: best.kind }] : []
  })
}

/** A certificate's DNS names, without wildcards and `localhost`, which a phone cannot use. */
export function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter(entry => entry.startsWith('DNS:'))
    .map(entry => entry.slice('DNS:'.length).toLowerCase())
    .filter(name => isDnsName(name) && name !== 'localhost')
    .slice(0, MAX_CERTIFICATE_NAMES)
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined
}
