// Alerts the user when another phone wants to pair.
import type { LocalClient } from '../../protocol/client/local-client.ts'

/** Calls `ring` for each new pairing request, and once for those that already exist. */
export function startPairingAlert(client: LocalClient, ring: () => void): void {
  let known = new Set<string>()
  client.on('devices', ({ requests }) => {
    const before = known
    known = new Set(requests.map(one => one.pairing_id))
    if (requests.some(one => !before.has(one.pairing_id))) ring()
  })
  client.watchDevices()
}
