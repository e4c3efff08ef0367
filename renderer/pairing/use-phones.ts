// The phones that are paired and those that ask to be, as the host tells them. Knows nothing of how they are shown.
import { useEffect, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import type { DeviceInfo, PairingRequest } from '../../protocol/messages.ts'

export interface Phones {
  devices: readonly DeviceInfo[]
  /** The one that has waited longest comes first. */
  requests: readonly PairingRequest[]
}

/** Undefined while there is no connection: what was known then can neither be answered nor changed. */
export function usePhones(client: HostClient): Phones | undefined {
  const [phones, setPhones] = useState<Phones>()
  useEffect(() => {
    const offs = [
      client.on('devices', setPhones),
      client.on('state', ({ name }) => {
        if (name !== 'ready') setPhones(undefined)
      }),
    ]
    client.watchDevices()
    return () => {
      for (const off of offs) off()
    }
  }, [client])
  return phones
}
