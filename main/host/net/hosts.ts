// By which names this host may be called. Knows nothing of servers.
//
// The Host check stops DNS rebinding (a foreign name that was made to point here); the Origin check stops pages of other
// sites. Both compare whole values: no prefix, suffix or pattern.

/** The values of Host and of Origin that are ours, in lower case. */
export interface OwnNames {
  hosts: ReadonlySet<string>
  origins: ReadonlySet<string>
}

/** Those of a host that listens on `port` of loopback and is also called by the names `allowed`. */
export function ownNames(port: number, allowed: readonly string[] = []): OwnNames {
  const loopback = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]
  const further = allowed.map(name => name.toLowerCase())
  const hosts = new Set([...loopback, ...further])
  // We speak no TLS ourselves; a tunnel does, before the names that it brings.
  const origins = new Set([...[...hosts].map(name => `http://${name}`), ...further.map(name => `https://${name}`)])
  return { hosts, origins }
}

export function isOwnHost(host: string | undefined, hosts: ReadonlySet<string>): boolean {
  return host !== undefined && hosts.has(host.toLowerCase())
}

/** No Origin: not a browser (browsers always send one with a WebSocket, RFC 6455 section 4.1). */
export function isOwnOrigin(origin: string | undefined, origins: ReadonlySet<string>): boolean {
  return origin === undefined || origins.has(origin.toLowerCase())
}
