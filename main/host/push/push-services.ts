// Which addresses are those of push services: all that this host ever connects to for somebody else. Knows no sockets.

/**
 * The browsers' own: Chrome and its relatives, Firefox, Edge, Safari. `*.` stands for any name below; another port than 443
 * stands behind a colon.
 */
export const PUSH_SERVICES: readonly string[] = [
  'fcm.googleapis.com',
  '*.push.services.mozilla.com',
  '*.notify.windows.com',
  '*.push.apple.com',
]

/**
 * Whether this address is one of theirs. Only as browsers write it (`URL.href`), so that nobody who reads it later, and reads
 * it otherwise, comes to another host: no name and password, no port, no capitals, no dot at the end.
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
    // Not the name itself, and no port: `host` has one where it is not 443.
    return url.host.endsWith(service.slice(1)) && url.host.length > service.length - 1
  })
}
