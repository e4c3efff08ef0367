// A connection to a host whose process has ended: it was handed to another one, which passes on what both sides say.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { onCleanUp, temporaryFolder } from '../host.ts'

/** argv: the two sockets to connect to. */
const CONNECTS = `
const { connect } = require('node:net')
const sockets = process.argv.slice(1).map(path => connect(path))
let left = sockets.length
for (const socket of sockets) socket.on('connect', () => {
  if (--left > 0) return
  const passes = ${JSON.stringify(`
    const [a, b] = [3, 4].map(fd => new (require('node:net').Socket)({ fd }))
    a.pipe(b).pipe(a)
    for (const socket of [a, b]) socket.on('error', () => process.exit()).on('close', () => process.exit())
  `)}
  const stdio = ['ignore', 'ignore', 'inherit', ...sockets]
  require('node:child_process').spawn(process.execPath, ['-e', passes], { stdio, detached: true }).on('spawn', () => process.exit())
})`

/** Resolves with this end of a connection to `path`, after the process that connected has ended. */
export async function handedOver(path: string): Promise<Socket> {
  const own = join(temporaryFolder(), 'socket')
  const server = createServer().listen(own)
  await once(server, 'listening')
  const connection = once(server, 'connection')
  const child = spawn(process.execPath, ['-e', CONNECTS, path, own], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [[socket]] = (await Promise.all([connection, once(child, 'exit')])) as [[Socket], unknown]
  server.close()
  onCleanUp(() => socket.destroy())
  return socket
}
