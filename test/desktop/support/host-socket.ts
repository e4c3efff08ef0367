// Connects to the host over its local socket, beside the window.
import { join } from 'node:path'
import { inflate } from '../../../main/cli/command/inflate.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'

export { recordSession } from '../../support/record-session.ts'

/** A client of the host on the folder `data` in `dataDir`, like the `otg` command. */
export async function connectTo(dataDir: string): Promise<LocalClient> {
  const client = new LocalClient({
    connect: () => connectLocal(join(dataDir, 'data', 'otg.sock')),
    client: { kind: 'script', name: 'test' },
    inflate,
  })
  await client.connect()
  return client
}
