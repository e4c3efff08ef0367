// A host without Electron on the folder in argv, with one shell, whose pid it prints. Stops at SIGTERM.
import { createHost } from '../../../main/host/host.ts'
import { packageRoot } from '../../../main/host/package-root.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { transportPair } from '../../../protocol/transport.ts'

const { webRoot, version } = packageRoot()
const host = await createHost({
  dataDir: process.argv[2]!,
  port: 0,
  webRoot,
  version,
  shell: ['/bin/sh', '-l'],
  home: process.env.HOME!,
  env: process.env,
})
const client = new LocalClient({
  connect: async () => {
    const [mine, theirs] = transportPair()
    host.accept(theirs)
    return mine
  },
  client: { kind: 'script', name: 'test' },
})
await client.connect()
const { pid } = await client.create({ title: 'headless shell' })
process.stdout.write(`${pid}\n`)
process.on('SIGTERM', () => {
  client.close()
  void host.stop().then(() => process.exit(0))
})
