// A real host in its own process, controlled over IPC by browser-host.ts: pairing addresses, approvals, and network failures.
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { ANSWER_MS } from '../../../main/host/access/pairing.ts'
import { createHost, type HostOptions } from '../../../main/host/host.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { answerPairingRequests, connectDesktop, nextPairing } from '../pairing.ts'

export interface HostSetup {
  dataDir: string
  webRoot: string
  home: string
  port?: number
  /** An address of this machine that browsers use; default: loopback. */
  address?: string | undefined
  /** Push services; default: those of the browser vendors. */
  push?: HostOptions['push'] | undefined
}
export type Command =
  | { setup: HostSetup }
  | { address: true }
  | { network: 'up' | 'down' | 'silent' }
  /** Whether every phone is approved (the default), or the test answers. */
  | { approval: 'automatic' | 'manual' }
  /** Lets pending pairing requests time out. */
  | { expire: true }
  | { stop: true }
export interface Report {
  ready?: { port: number; pid: number }
  address?: string
  done?: true
  failed?: string
}

const report = (message: Report) => process.send?.(message)

/** The TCP connections of browsers, so that a test can cut them. */
const sockets = new Set<Socket>()
let down = false
diagnostics.subscribe('net.server.socket', message => {
  const { socket } = message as { socket: Socket }
  if (socket.remotePort === undefined) return // the local socket
  if (down) return void socket.destroy()
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
})

/** The timers of pending approvals, which a test cannot wait two minutes for. */
const approvalTimers = new Map<NodeJS.Timeout, () => void>()
const { setTimeout: start, clearTimeout: stop } = globalThis
globalThis.setTimeout = Object.assign((run: () => void, milliseconds?: number, ...rest: []) => {
  const timer = start(run, milliseconds, ...rest)
  if (milliseconds === ANSWER_MS) approvalTimers.set(timer, run)
  return timer
}, start)
globalThis.clearTimeout = timer => {
  approvalTimers.delete(timer as NodeJS.Timeout)
  stop(timer)
}

let host: Awaited<ReturnType<typeof createHost>> | undefined
let desktop: LocalClient | undefined
let stopAnswering: (() => void) | undefined
/** The address that browsers use. */
let name = ''

async function handleCommand(command: Command): Promise<void> {
  if ('setup' in command) {
    const { dataDir, webRoot, home, port = 0, address, push } = command.setup
    const env = { PATH: process.env.PATH, HOME: home, PS1: '$ ', LANG: 'C.UTF-8' }
    const shell = ['/bin/bash', '--norc', '--noprofile']
    // With a given address, the host also listens on private addresses, as it does for users.
    const bind = address === undefined ? 'loopback' : 'private'
    host = await createHost({
      bind,
      dataDir,
      webRoot,
      home,
      port,
      version: '0.0.0-test',
      shell,
      env,
      ...(push && { push }),
    })
    name = address ?? '127.0.0.1'
    desktop = await connectDesktop(host)
    stopAnswering = answerPairingRequests(desktop)
    return void report({ ready: { port: host.port, pid: process.pid } })
  }
  if ('address' in command) {
    const { addresses } = await nextPairing(desktop!)
    const here = addresses.find(one => one.name === name)
    if (!here) throw new Error(`the host does not list the address ${name}: ${addresses.map(one => one.name)}`)
    return void report({ address: here.url })
  }
  if ('approval' in command) {
    stopAnswering?.()
    stopAnswering = command.approval === 'automatic' ? answerPairingRequests(desktop!) : undefined
    return void report({ done: true })
  }
  if ('expire' in command) {
    for (const [timer, run] of [...approvalTimers]) {
      clearTimeout(timer)
      run()
    }
    return void report({ done: true })
  }
  if ('network' in command) {
    // From now on nothing is sent, received or closed, like a phone that left the Wi-Fi.
    if (command.network === 'silent')
      for (const socket of sockets) {
        if ((socket as { parser?: unknown }).parser) continue // Plain HTTP uses other connections.
        socket.pause()
        socket.cork()
      }
    down = command.network === 'down'
    if (down) for (const socket of sockets) socket.destroy()
    return void report({ done: true })
  }
  await host?.stop()
  report({ done: true })
  process.disconnect?.()
}

process.on('message', (command: Command) => {
  handleCommand(command).catch((error: unknown) => report({ failed: String(error) }))
})
// The test process ended: end too, with all sessions.
process.on('disconnect', () => {
  void host?.stop().finally(() => process.exit(0))
  if (!host) process.exit(0)
})
