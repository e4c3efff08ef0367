// The names under which this host accepts requests.
//
// The Host check stops DNS rebinding (a foreign name that resolves to this host); the Origin check stops pages of other
// sites. Both compare whole values: no prefix, suffix or pattern (cases 27 and 28).
import { isIPv6 } from 'node:net'

/** The accepted values of Host and Origin, in lower case. */
export interface OwnNames {
  hosts: ReadonlySet<string>
  origins: ReadonlySet<string>
}

export interface Naming {
  port: number
  /** The host itself serves TLS. */
  secure: boolean
  /** Addresses and names that lead to our port. */
  names: Iterable<string>
  /** Names of a proxy or a tunnel, with its port unless that is 80 or 443, from `allowedName`. */
  allowed: readonly string[]
}

/** A host name from the user's input, in lower case and without scheme and slash; undefined: it is not a host name. */
export function allowedName(text: string): string | undefined {
  const name = text
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
  return /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/.test(name) && URL.canParse(`http://${name}`) ? name : undefined
}

/** Always accepted: a tunnel (`ssh -L`) ends at them, whatever is listened on. */
const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

export function ownNames({ port, secure, names, allowed }: Naming): OwnNames {
  const hosts = new Set<string>()
  const origins = new Set<string>()
  const scheme = secure ? 'https' : 'http'
  for (const name of [...LOOPBACK, ...names]) {
    const host = bracketed(name.toLowerCase())
    // Clients omit the scheme's default port.
    const forms = port === defaultPort(secure) ? [host, `${host}:${port}`] : [`${host}:${port}`]
    for (const form of forms) {
      hosts.add(form)
      origins.add(`${scheme}://${form}`)
    }
  }
  for (const name of allowed) {
    for (const one of new Set([name, name.replace(/:(80|443)$/, '')])) {
      hosts.add(one)
      origins.add(`https://${one}`)
      // A proxy may serve plain HTTP, but not in front of a host that serves TLS itself.
      if (!secure) origins.add(`http://${one}`)
    }
  }
  return { hosts, origins }
}

/** `http://name:port`, as a browser writes it in Origin. */
export function originOf(name: string, port: number, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${bracketed(name)}${port === defaultPort(secure) ? '' : `:${port}`}`
}

/**
 * The origin of an allowed name. Without a port, or with 443, it is assumed to be a proxy or tunnel that serves TLS, as all
 * commercial ones do; with 80, plain HTTP; with any other port, the same as this host.
 */
export function allowedOrigin(name: string, secure: boolean): string {
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(name)!
  if (port === undefined || port === '443') return `https://${host}`
  if (port === '80') return `http://${host}`
  return `${secure ? 'https' : 'http'}://${host}:${port}`
}

export function isOwnHost(host: string | undefined, hosts: ReadonlySet<string>): boolean {
  return host !== undefined && hosts.has(host.toLowerCase())
}

/** Without Origin it is not a browser: browsers always send one with a WebSocket (RFC 6455 section 4.1). */
export function isOwnOrigin(origin: string | undefined, origins: ReadonlySet<string>): boolean {
  return origin === undefined || origins.has(origin.toLowerCase())
}

const defaultPort = (secure: boolean): number => (secure ? 443 : 80)

const bracketed = (name: string): string => (isIPv6(name) ? `[${name}]` : name)
