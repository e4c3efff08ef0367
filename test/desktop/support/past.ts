// The host's local socket, beside the window. Knows no window.
import { join } from 'node:path'
import { inflate } from '../../../main/cli/command/inflate.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import { HostClient } from '../../../protocol/client/client.ts'

export { record } from '../../support/record.ts'

/** A client of the host on the folder `data` in `dataDir`, as the command has it. */
export async function connectTo(dataDir: string): Promise<HostClient> {
  const client = new HostClient({
    connect: () => connectLocal(join(dataDir, 'data', 'otg.sock')),
    client: { kind: 'script', name: 'test' },
    inflate,
  })
  await client.connect()
  return client
}
