// Which addresses are push services: the only ones that the host connects to on a client's behalf.

/**
 * The browsers' services: Chrome and its relatives, Firefox, Edge, Safari. `*.` matches any subdomain; a port other than
 * 443 follows after a colon.
 */
export const PUSH_SERVICES: readonly string[] = [
  'fcm.googleapis.com',
  '*.push.services.mozilla.com',
  '*.notify.windows.com',
  '*.push.apple.com',
]

/**
 * Whether this is the address of a push service. It has to be in the form that browsers write (`URL.href`: no credentials,
 * port, capitals or trailing dot), so that no other URL parser can read another host from it.
 */
export function isPushService(endpoint: string, services: readonly string[]): boolean {
  let url: URL
  try {
    url = new URL(endpoint)
  } catch {
    return false
  }
  if (url.href !== endpoint || url.protocol !== 'https:') return false
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false
  return services.some(service => {
    if (!service.startsWith('*.')) return url.host === service
    // Subdomains only, and no port: `host` includes it if it is not 443.
    return url.host.endsWith(service.slice(1)) && url.host.length > service.length - 1
  })
}
