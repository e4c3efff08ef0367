// Tells when another phone asks to be let in, whichever host it asks. Knows no window and nothing of the answer.
import type { HostClient } from '../../protocol/client/client.ts'

/** Calls `ring` for each phone that begins to wait, and once for those that wait already. */
export function startDoorbell(client: HostClient, ring: () => void): void {
  let known = new Set<string>()
  client.on('devices', ({ requests }) => {
    const before = known
    known = new Set(requests.map(one => one.pairing_id))
    if (requests.some(one => !before.has(one.pairing_id))) ring()
  })
  client.watchDevices()
}
