// Which host owns a data folder and the processes of its sessions: folders that were copied, moved or restored, lock files that
// were deleted, hosts that crashed and hosts that live for a moment only. Real hosts, really killed.
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { readHostInfo } from '../../main/host/files/host-info.ts'
import { openOffline } from '../../main/host/upkeep/offline.ts'
import { type CliHost, otg, screenOf, sessions, start, startCliHost, startSession, withClient } from '../support/cli.ts'
import { bytesOf, cleanUp, onCleanUp, Recorder, temporaryFolder, until } from '../support/host.ts'

afterEach(cleanUp)

/** Ignores SIGHUP, and so does what it starts. */
const STUBBORN = ['sh', '-c', 'trap "" HUP; echo ready; while :; do sleep 0.1; done']

/** Ends at SIGHUP, and leaves a process in its session that does not. */
const STUBBORN_CHILD = ['sh', '-c', '(trap "" HUP; while :; do sleep 0.1; done) & sleep 0.1; echo ready; cat']

it('a host on a copy of the data folder ends no session of the first host, and says so', async () => {
  const first = await startCliHost()
  const session_id = await startSession(first.dataDir, ['cat'])
  const copy = join(temporaryFolder(), 'copy')
  cpSync(first.dataDir, copy, { recursive: true })
  const second = await startCliHost(copy)
  await until(() => logOf(copy).includes('leftovers_in_doubt'), 'the doubt to be logged')
  await expectAlive(first, session_id)
  second.child.kill('SIGTERM')
  await second.finished
  await expectAlive(first, session_id)
})

it('a host on a copy removes neither the socket nor a session of a first host with a long path', async () => {
  const first = await startCliHost(join(temporaryFolder(), 'd'.repeat(120)))
  const session_id = await startSession(first.dataDir, ['cat'])
  const copy = join(temporaryFolder(), 'copy')
  cpSync(first.dataDir, copy, { recursive: true })
  await startCliHost(copy)
  await expectAlive(first, session_id)
})

describe('a second host on the folder of a running host is refused', () => {
  it.each([
    ['when the lock file was deleted', ['lock.db']],
    ['when the lock file and host.json were deleted', ['lock.db', 'host.json']],
  ])('%s', async (_title, files) => {
    const first = await startCliHost()
    const session_id = await startSession(first.dataDir, ['cat'])
    for (const file of files) rmSync(join(first.dataDir, file))
    await expectRefused(first.dataDir, first.pid)
    await expectAlive(first, session_id)
  })

  it('when the folder was moved', async () => {
    const first = await startCliHost()
    await startSession(first.dataDir, ['cat'])
    const moved = `${first.dataDir}-moved`
    renameSync(first.dataDir, moved)
    rmSync(join(moved, 'lock.db'))
    await expectRefused(moved, first.pid)
    renameSync(moved, first.dataDir)
  })

  it('when it is reached by a symbolic link', async () => {
    const first = await startCliHost()
    const link = join(temporaryFolder(), 'link')
    symlinkSync(first.dataDir, link)
    rmSync(join(first.dataDir, 'lock.db'))
    await expectRefused(link, first.pid)
  })

  it('at once when everything that names its owner was deleted, and for a restore and a repair as well', async () => {
    const first = await startCliHost()
    const session_id = await startSession(first.dataDir, ['cat'])
    const backup = join(temporaryFolder(), 'backup')
    expect(await otg(first.dataDir, ['backup', backup])).toMatchObject({ code: 0 })
    const forget = () => {
      for (const file of ['lock.db', 'owner.json', 'host.json']) rmSync(join(first.dataDir, file), { force: true })
    }
    for (const command of [
      ['host', '--json', '--port', '0', '--bind', 'loopback'],
      ['restore', backup, '--force', '--json'],
    ]) {
      forget()
      const refused = await otg(first.dataDir, command)
      expect(refused.error(), command[0]).toMatchObject({ code: 'host_running' })
    }
    forget()
    await expect(openOffline(first.dataDir)).rejects.toMatchObject({ code: 'host_running' })
    await expectAlive(first, session_id)
  })

  it('when everything that names its owner was deleted some seconds ago', async () => {
    const first = await startCliHost()
    const session_id = await startSession(first.dataDir, ['cat'])
    for (const file of ['lock.db', 'owner.json', 'host.json']) rmSync(join(first.dataDir, file))
    await until(
      () => ['lock.db', 'owner.json', 'host.json'].every(file => readdirSync(first.dataDir).includes(file)),
      'the host to notice',
    )
    await expectRefused(first.dataDir, first.pid)
    await expectAlive(first, session_id)
  })
})

it('a host whose folder was replaced by another one leaves the new one to the next host', async () => {
  const first = await startCliHost()
  const session_id = await startSession(first.dataDir, ['cat'])
  const before = `${first.dataDir}-before`
  cpSync(first.dataDir, before, { recursive: true })
  const moved = `${first.dataDir}-moved`
  renameSync(first.dataDir, moved)
  renameSync(before, first.dataDir)
  const second = await startCliHost(first.dataDir)
  await until(() => logOf(first.dataDir).includes('leftovers_in_doubt'), 'the doubt to be logged')
  const [session] = await sessions(first.dataDir)
  expect(session).toBeUndefined()
  expect(processesOf(session_id).length).toBeGreaterThan(0)
  second.child.kill('SIGTERM')
  await second.finished
  expect(processesOf(session_id).length).toBeGreaterThan(0)
})

describe('processes that ignore SIGHUP are ended after a crash of their host', () => {
  it.each([
    ['the program of a session', STUBBORN],
    ['what the program of a session left', STUBBORN_CHILD],
  ])('%s, by a next host that is stopped at once', async (_title, command) => {
    const { dataDir, session_id } = await crashWith(command)
    const next = await startCliHost(dataDir)
    next.child.kill('SIGTERM')
    await next.finished
    expect(processesOf(session_id), logOf(dataDir)).toEqual([])
  })

  it('by hosts that live for less than the time that is left to a program', async () => {
    const { dataDir, session_id } = await crashWith(STUBBORN)
    await until(async () => {
      const next = await startCliHost(dataDir)
      next.child.kill('SIGKILL')
      await next.finished
      return processesOf(session_id).length === 0
    }, 'a host to end the process')
  })

  it('by a host on the folder after it was moved', async () => {
    const { dataDir, session_id } = await crashWith(STUBBORN)
    const moved = `${dataDir}-moved`
    renameSync(dataDir, moved)
    const next = await startCliHost(moved)
    next.child.kill('SIGTERM')
    await next.finished
    expect(processesOf(session_id)).toEqual([])
  })

  it('not by a host on a copy, which says so', async () => {
    const { dataDir, session_id } = await crashWith(STUBBORN)
    const copy = join(temporaryFolder(), 'copy')
    cpSync(dataDir, copy, { recursive: true })
    const other = await startCliHost(copy)
    await until(() => logOf(copy).includes('leftovers_in_doubt'), 'the doubt to be logged')
    other.child.kill('SIGTERM')
    await other.finished
    expect(processesOf(session_id).length).toBeGreaterThan(0)
  })

  it('when the database was lost, or replaced by an older backup', async () => {
    const first = await startCliHost()
    const backup = join(temporaryFolder(), 'otg.db')
    cpSync(join(first.dataDir, 'otg.db'), backup)
    const session_id = await stubbornSession(first, STUBBORN)
    await kill(first)
    for (const name of readdirSync(first.dataDir).filter(name => name.startsWith('otg.db')))
      rmSync(join(first.dataDir, name))
    cpSync(backup, join(first.dataDir, 'otg.db'))
    const next = await startCliHost(first.dataDir)
    next.child.kill('SIGTERM')
    await next.finished
    expect(processesOf(session_id)).toEqual([])
  })
})

it('a process that took over the pid of a session, or left its environment, is not ended', async () => {
  const first = await startCliHost()
  const session_id = await startSession(first.dataDir, [
    'env',
    '-i',
    '/bin/sh',
    '-c',
    'trap "" HUP; while :; do sleep 0.1; done',
  ])
  const { pid } = (await sessions(first.dataDir)).find(one => one.session_id === session_id)!
  onCleanUp(() => endQuietly(pid!))
  await until(() => !readFileSync(`/proc/${pid}/environ`, 'latin1').includes('OTG_'), 'the environment to be empty')
  await kill(first)
  const next = await startCliHost(first.dataDir)
  await until(() => logOf(first.dataDir).includes('leftovers_in_doubt'), 'the doubt to be logged')
  next.child.kill('SIGTERM')
  await next.finished
  expect(() => process.kill(pid!, 0)).not.toThrow()
})

it('what a session that ended by itself left in the background stays, also after a crash', async () => {
  const first = await startCliHost()
  const session_id = await startSession(first.dataDir, [
    'sh',
    '-c',
    '(trap "" HUP; while :; do sleep 0.1; done) & sleep 0.2; exit',
  ])
  await until(async () => (await sessions(first.dataDir))[0]?.state === 'exited', 'the session to end')
  onCleanUp(() => processesOf(session_id).forEach(endQuietly))
  await kill(first)
  const next = await startCliHost(first.dataDir)
  next.child.kill('SIGTERM')
  await next.finished
  expect(processesOf(session_id).length).toBeGreaterThan(0)
})

async function crashWith(command: string[]): Promise<{ dataDir: string; session_id: string }> {
  const host = await startCliHost()
  const session_id = await stubbornSession(host, command)
  await kill(host)
  expect(processesOf(session_id).length).toBeGreaterThan(0)
  return { dataDir: host.dataDir, session_id }
}

async function stubbornSession({ dataDir }: CliHost, command: string[]): Promise<string> {
  const session_id = await startSession(dataDir, command)
  onCleanUp(() => processesOf(session_id).forEach(endQuietly))
  await until(async () => (await screenOf(dataDir, session_id)).includes('ready'), 'the session to be ready')
  return session_id
}

async function kill(host: CliHost): Promise<void> {
  host.child.kill('SIGKILL')
  await host.finished
}

async function expectRefused(dataDir: string, pid: number): Promise<void> {
  const second = await start(dataDir, ['host', '--json', '--port', '0', '--bind', 'loopback']).finished
  expect(second.error()).toMatchObject({ code: 'host_running', message: expect.stringContaining(`pid ${pid}`) })
}

let asked = 0

/** The program of the session, cat, still answers. */
async function expectAlive({ dataDir }: CliHost, session_id: string): Promise<void> {
  // A host puts a host.json back that was deleted.
  await until(() => readHostInfo(dataDir), 'host.json')
  await withClient(dataDir, async client => {
    await client.connect()
    const terminal = new Recorder()
    const attachment = client.attach(session_id, terminal)
    attachment.type(bytesOf(`alive ${++asked}\r`))
    await terminal.shows(`alive ${asked}\r\nalive ${asked}`)
  })
}

function logOf(dataDir: string): string {
  return readFileSync(join(dataDir, 'host.log'), 'utf8')
}

/** Processes that the system knows, without those that have ended and wait for their parent. */
function processesOf(session_id: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`OTG_SESSION_ID=${session_id}\0`)
      } catch {
        return false
      }
    })
    .map(Number)
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
