// The paired phones and the pairing requests, as the host reports them.
import { useEffect, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { DeviceInfo, PairingRequest } from '../../protocol/messages.ts'

export interface Phones {
  devices: readonly DeviceInfo[]
  /** The oldest first. */
  requests: readonly PairingRequest[]
}

/** Undefined without a connection, because then nothing can be answered or changed. */
export function usePhones(client: LocalClient): Phones | undefined {
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
