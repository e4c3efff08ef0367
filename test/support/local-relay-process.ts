// A program in a session that connects to the host's local socket for others: what connects to it has its process. Arguments: the
// host's socket, and where to listen.
import { createServer } from 'node:net'
import { connectLocal, streamTransport } from '../../main/host/listen/stream-transport.ts'
import type { Transport } from '../../protocol/transport.ts'

const [hostSocket, path] = process.argv.slice(2) as [string, string]

const pass = (from: Transport, to: Transport) =>
  from.start({ frame: bytes => to.send(bytes), close: reason => to.close(reason) })

createServer(async socket => {
  const peer = streamTransport(socket)
  const host = await connectLocal(hostSocket)
  pass(host, peer)
  pass(peer, host)
}).listen(path, () => console.log('listening'))
