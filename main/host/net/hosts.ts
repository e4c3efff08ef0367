// By which names this host may be called. Knows nothing of servers.
//
// The Host check stops DNS rebinding (a foreign name that was made to point here); the Origin check stops pages of other
// sites. Both compare whole values: no prefix, suffix or pattern.

/** The Host values that are ours for a port on loopback. */
export function loopbackHosts(port: number): Set<string> {
  return new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
}

export function isOwnHost(host: string | undefined, hosts: ReadonlySet<string>): boolean {
  return host !== undefined && hosts.has(host.toLowerCase())
}

/** No Origin: not a browser (browsers always send one with a WebSocket, RFC 6455 section 4.1). */
export function isOwnOrigin(origin: string | undefined, hosts: ReadonlySet<string>): boolean {
  if (origin === undefined) return true
  for (const host of hosts) if (origin === `http://${host}`) return true
  return false
}
