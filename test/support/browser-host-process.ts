// A real host in a process of its own, told what to do over IPC: fresh addresses, and a network that goes away and comes
// back. Knows nothing of browsers or tests. Run by browser-host.ts.
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { createHost } from '../../main/host/host.ts'
import type { HostClient } from '../../protocol/client.ts'
import { answerAll, desktopOf, pairingUrl } from './pairing.ts'

export interface HostSetup {
  dataDir: string
  webRoot: string
  home: string
  port?: number
}
export type Order = { setup: HostSetup } | { address: true } | { network: 'up' | 'down' | 'deaf' } | { stop: true }
export interface Report {
  ready?: { port: number; pid: number }
  address?: string
  done?: true
  failed?: string
}

const report = (message: Report) => process.send?.(message)

/** Every TCP connection of a browser, so that a test can cut them: a phone in a tunnel. */
const sockets = new Set<Socket>()
let down = false
diagnostics.subscribe('net.server.socket', message => {
  const { socket } = message as { socket: Socket }
  if (socket.remotePort === undefined) return // the local socket
  if (down) return void socket.destroy()
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
})

let host: Awaited<ReturnType<typeof createHost>> | undefined
let desktop: HostClient | undefined

async function obey(order: Order): Promise<void> {
  if ('setup' in order) {
    const { dataDir, webRoot, home, port = 0 } = order.setup
    const env = { PATH: process.env.PATH, HOME: home, PS1: '$ ', LANG: 'C.UTF-8' }
    const shell = ['/bin/bash', '--norc', '--noprofile']
    host = await createHost({ bind: 'loopback', dataDir, webRoot, home, port, version: '0.0.0-test', shell, env })
    desktop = await desktopOf(host)
    answerAll(desktop)
    return void report({ ready: { port: host.port, pid: process.pid } })
  }
  if ('address' in order) return void report({ address: await pairingUrl(desktop!) })
  if ('network' in order) {
    // Nothing goes in or out any more, and nobody is told: a phone that left the Wi-Fi.
    if (order.network === 'deaf')
      for (const socket of sockets) {
        if ((socket as { parser?: unknown }).parser) continue // plain HTTP: a phone has other connections for that
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

process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => report({ failed: String(error) }))
})
// The test process is gone: so are we, with every session.
process.on('disconnect', () => {
  void host?.stop().finally(() => process.exit(0))
  if (!host) process.exit(0)
})
