// The addresses to show for a phone, best first. Knows no sockets; what is listened on and found comes in as values.
import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { AddressKind } from '../../../protocol/messages.ts'
import { KINDS, type OwnAddress } from './addresses.ts'
import { allowedOrigin, originOf } from './host-names.ts'
import { type FoundName, isDnsName } from './name-discovery.ts'

export interface Address {
  /** `http://name:port`. A pairing belongs to it. */
  origin: string
  kind: AddressKind
  /** The name or address alone. */
  name: string
}

/** Certificates of whole hosting companies hold hundreds. */
const MOST_CERTIFICATE_NAMES = 16

/**
 * Within a kind, names come before numbers: a name stays when the router deals out other numbers. With a certificate only
 * what it covers is shown, and its own names before all that was found; one of loopback stays, so that there is one.
 */
export function candidates(here: {
  port: number
  secure: boolean
  /** What is listened on, best first. */
  own: readonly OwnAddress[]
  found: readonly FoundName[]
  allowed: readonly string[]
  certificate: X509Certificate | undefined
}): Address[] {
  const { port, secure, own, certificate } = here
  const told = here.allowed
    // A proxy has a certificate of its own; at our port there is none.
    .filter(
      name => !certificate || !name.endsWith(`:${port}`) || covers(certificate, name.slice(0, -`:${port}`.length)),
    )
    .map(name => ({ origin: allowedOrigin(name, secure), name: new URL(allowedOrigin(name, secure)).hostname }))
  const certified = certificate ? namesOf(certificate) : []
  const named = found(here.found, own)
  const rows: Address[] = [
    ...told.map(row => ({ ...row, kind: 'named' as const })),
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
  // Covered or not, the host is somewhere.
  if (rows.length === 0 && own[0]) rows.push(row(own[0].address, own[0].kind))
  return rows.filter(({ origin }, at) => rows.findIndex(other => other.origin === origin) === at)

  function row(name: string, kind: AddressKind): Address {
    return { origin: originOf(name, port, secure), kind, name }
  }
}

/** Found names with the best kind among their addresses; those that lead to nothing we listen on are left out. */
function found(names: readonly FoundName[], own: readonly OwnAddress[]) {
  return names.flatMap(({ name, addresses }) => {
    const [best] = own.filter(({ address, kind }) => kind !== 'loopback' && addresses.includes(address))
    return best ? [{ name, kind: best.kind }] : []
  })
}

/** A certificate's plain DNS names. Wildcards name nothing, and `localhost` is no way in for a phone. */
export function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter(entry => entry.startsWith('DNS:'))
    .map(entry => entry.slice('DNS:'.length).toLowerCase())
    .filter(name => isDnsName(name) && name !== 'localhost')
    .slice(0, MOST_CERTIFICATE_NAMES)
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined
}
