// Which process is at the other end of a local socket, with real processes that connect.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Peer, peerOf } from '../../../main/host/listen/peer-process.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

/** Connects to $1 and runs `then`, in which `socket` is the connection. */
const CONNECTS = (then: string) => `const socket = require('node:net').connect(process.argv[1]); ${then}`

/** Hands the connection to another process, which says so and then answers what it is sent. */
const HANDS_OVER = (then: string) =>
  CONNECTS(
    `socket.on('connect', () => {
      const other = require('node:child_process').spawn('cat', { stdio: [socket, socket, 'inherit'], detached: true })
      other.on('spawn', () => { console.log(other.pid); ${then} })
    })`,
  )

/** Runs a program that connects; resolves with how the host's side sees it. */
async function connected(
  program: string,
): Promise<{ child: ChildProcess; peer: Peer; socket: Socket; printed: () => string }> {
  const path = join(temporaryFolder(), 'socket')
  const server = createServer({ pauseOnConnect: true }).listen(path)
  onCleanUp(() => new Promise<void>(resolve => server.close(() => resolve())))
  await once(server, 'listening')
  const connection = once(server, 'connection')
  const child = spawn(process.execPath, ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onCleanUp(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout!.on('data', data => (printed += data))
  const [socket] = (await connection) as [Socket]
  onCleanUp(() => socket.destroy())
  return { child, peer: peerOf(socket), socket, printed: () => printed }
}

describe.skipIf(process.platform === 'win32')('the process at the other end of a local socket', () => {
  it('is the one that connected', async () => {
    const { child, peer } = await connected(CONNECTS(''))
    expect(peer.pid()).toBe(child.pid)
  })

  it('case 161: is the one that connected, whoever it handed the connection to', async () => {
    const { child, peer, printed } = await connected(HANDS_OVER(''))
    await until(() => printed() !== '', 'the other process')
    onCleanUp(() => process.kill(Number(printed()), 'SIGKILL'))
    expect(peer.pid()).toBe(child.pid)
  })

  it('case 161: is not known once that one has ended, although another one goes on with the connection', async () => {
    const { child, peer, socket, printed } = await connected(HANDS_OVER('process.exit()'))
    if (child.exitCode === null) await once(child, 'exit')
    onCleanUp(() => process.kill(Number(printed()), 'SIGKILL'))
    expect(peer.pid()).toBe(undefined)
    // The other one still has it.
    const echoed = once(socket.resume(), 'data')
    socket.write('hello')
    expect(String(await echoed)).toBe('hello')
    expect(peer.pid()).toBe(undefined)
  })

  it('is not known once the connection is closed', async () => {
    const { peer, socket } = await connected(CONNECTS(''))
    socket.destroy()
    await once(socket, 'close')
    if (process.platform === 'linux') expect(peer.pid()).toBe(undefined)
  })
})
