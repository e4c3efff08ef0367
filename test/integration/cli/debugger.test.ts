// A signal from a program in a session must not open a debugger: without a password, to every user of the computer.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { otg, start, startCliHost, startSession } from '../../support/cli.ts'
import { cleanUp, until } from '../../support/host.ts'

afterEach(cleanUp)

/** How many TCP sockets a process listens on. */
function listening(pid: number): number {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).map(fd => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
      } catch {
        return undefined
      }
    }),
  )
  // proc_pid_net(5): the fourth column is the state, 0A: it listens; the tenth is the inode.
  const lines = ['tcp', 'tcp6'].flatMap(name => readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n').slice(1))
  return lines
    .map(line => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && own.has(inode)).length
}

it.runIf(process.platform === 'linux')(
  'case 159: SIGUSR1 opens no debugger in a host, nor in other commands',
  async () => {
    const { dataDir, pid, stderr } = await startCliHost()
    await startSession(dataDir, ['cat'])
    const watch = start(dataDir, ['watch', '--json'])
    await until(() => watch.stdout() !== '', 'the first state')
    const before = [pid, watch.child.pid!].map(listening)
    for (const each of [pid, watch.child.pid!]) process.kill(each, 'SIGUSR1')
    // Each has had the signal: it still answers.
    expect((await otg(dataDir, ['status'])).code).toBe(0)
    await startSession(dataDir, ['cat'])
    expect([pid, watch.child.pid!].map(listening)).toEqual(before)
    expect(`${stderr()}${watch.stderr()}`).not.toContain('Debugger')
  },
)
