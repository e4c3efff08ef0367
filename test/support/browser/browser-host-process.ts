// A real host in its own process, controlled over IPC by browser-host.ts: new addresses, and a network that fails and
// recovers.
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
  /** An address of this machine that browsers use; left out: loopback. */
  address?: string | undefined
  /** Push services; left out: those of the browser vendors. */
  push?: HostOptions['push'] | undefined
}
export type Command =
  | { setup: HostSetup }
  | { address: true }
  | { network: 'up' | 'down' | 'deaf' }
  /** Whether every phone that asks is approved (the default), or the test answers. */
  | { answers: 'yes' | 'by_hand' }
  /** Ends the time that the desktop has to answer. */
  | { expire: true }
  | { stop: true }
export interface Report {
  ready?: { port: number; pid: number }
  address?: string
  done?: true
  failed?: string
}

const report = (message: Report) => process.send?.(message)

/** Every TCP connection of a browser, so that a test can cut them, as when a phone enters a tunnel. */
const sockets = new Set<Socket>()
let down = false
diagnostics.subscribe('net.server.socket', message => {
  const { socket } = message as { socket: Socket }
  if (socket.remotePort === undefined) return // the local socket
  if (down) return void socket.destroy()
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
})

/** The timers of pending approvals: two minutes are too long for a test. */
const waiting = new Map<NodeJS.Timeout, () => void>()
const { setTimeout: start, clearTimeout: stop } = globalThis
globalThis.setTimeout = Object.assign((run: () => void, milliseconds?: number, ...rest: []) => {
  const timer = start(run, milliseconds, ...rest)
  if (milliseconds === ANSWER_MS) waiting.set(timer, run)
  return timer
}, start)
globalThis.clearTimeout = timer => {
  waiting.delete(timer as NodeJS.Timeout)
  stop(timer)
}

let host: Awaited<ReturnType<typeof createHost>> | undefined
let desktop: LocalClient | undefined
let stopAnswering: (() => void) | undefined
/** The address that browsers use. */
let name = ''

async function handleCommand(order: Command): Promise<void> {
  if ('setup' in order) {
    const { dataDir, webRoot, home, port = 0, address, push } = order.setup
    const env = { PATH: process.env.PATH, HOME: home, PS1: '$ ', LANG: 'C.UTF-8' }
    const shell = ['/bin/bash', '--norc', '--noprofile']
    // With an address of its own the host does what it does for users: it listens on private addresses too.
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
  if ('address' in order) {
    const { addresses } = await nextPairing(desktop!)
    const here = addresses.find(one => one.name === name)
    if (!here) throw new Error(`the host does not say that it is at ${name}: ${addresses.map(one => one.name)}`)
    return void report({ address: here.url })
  }
  if ('answers' in order) {
    stopAnswering?.()
    stopAnswering = order.answers === 'yes' ? answerPairingRequests(desktop!) : undefined
    return void report({ done: true })
  }
  if ('expire' in order) {
    for (const [timer, run] of [...waiting]) {
      clearTimeout(timer)
      run()
    }
    return void report({ done: true })
  }
  if ('network' in order) {
    // Nothing is sent or received any more, and nothing is closed: a phone that left the Wi-Fi.
    if (order.network === 'deaf')
      for (const socket of sockets) {
        if ((socket as { parser?: unknown }).parser) continue // Plain HTTP: a phone uses other connections for that.
        socket.pause()
        socket.cork()
      }
    down = order.network === 'down'
    if (down) for (const socket of sockets) socket.destroy()
    return void report({ done: true })
  }
  await host?.stop()
  report({ done: true })
  process.disconnect?.()
}

process.on('message', (order: Command) => {
  handleCommand(order).catch((error: unknown) => report({ failed: String(error) }))
})
// The test process ended: end too, with all sessions.
process.on('disconnect', () => {
  void host?.stop().finally(() => process.exit(0))
  if (!host) process.exit(0)
})
