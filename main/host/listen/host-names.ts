// By which names this host may be called. Knows nothing of servers.
//
// The Host check stops DNS rebinding (a foreign name that was made to point here); the Origin check stops pages of other
// sites. Both compare whole values: no prefix, suffix or pattern.
import { isIPv6 } from 'node:net'

/** The values of Host and of Origin that are ours, in lower case. */
export interface OwnNames {
  hosts: ReadonlySet<string>
  origins: ReadonlySet<string>
}

export interface Naming {
  port: number
  /** We speak TLS ourselves. */
  secure: boolean
  /** Addresses and names that lead to our port. */
  names: Iterable<string>
  /** Names of a proxy or a tunnel, with its port unless that is 80 or 443, from `allowedName`. */
  allowed: readonly string[]
}

/** A name to allow as somebody wrote it: lower case, without what was pasted around it. Undefined when it is none. */
export function allowedName(text: string): string | undefined {
  const name = text
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
  return /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/.test(name) && URL.canParse(`http://${name}`) ? name : undefined
}

/** Always ours: a tunnel (`ssh -L`) ends at them whatever is listened on. */
const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

export function ownNames({ port, secure, names, allowed }: Naming): OwnNames {
  const hosts = new Set<string>()
  const origins = new Set<string>()
  const scheme = secure ? 'https' : 'http'
  for (const name of [...LOOPBACK, ...names]) {
    const host = bracketed(name.toLowerCase())
    // Clients leave out the port that the scheme has by itself.
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
      // A proxy need not speak TLS; when we do, who strips it on the way to us is not wanted.
      if (!secure) origins.add(`http://${one}`)
    }
  }
  return { hosts, origins }
}

/** `http://name:port`, as a browser has it in Origin. */
export function originOf(name: string, port: number, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${bracketed(name)}${port === defaultPort(secure) ? '' : `:${port}`}`
}

/**
 * The origin of an allowed name. Without a port, or with 443, it is a proxy or tunnel that speaks TLS, as all of those do
 * that one can rent; with 80 it does not; with any other port it is taken to speak what we speak.
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

/** No Origin: not a browser (browsers always send one with a WebSocket, RFC 6455 section 4.1). */
export function isOwnOrigin(origin: string | undefined, origins: ReadonlySet<string>): boolean {
  return origin === undefined || origins.has(origin.toLowerCase())
}

const defaultPort = (secure: boolean): number => (secure ? 443 : 80)

const bracketed = (name: string): string => (isIPv6(name) ? `[${name}]` : name)
