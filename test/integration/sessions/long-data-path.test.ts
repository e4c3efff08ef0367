// The local socket of a data folder whose path is too long for one: case 91.
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readHostInfo } from '../../../main/host/files/host-info.ts'
import { connectLocal, isForeign } from '../../../main/host/listen/stream-transport.ts'
import { cleanUp, localClient, onCleanUp, startHost, temporaryFolder } from '../../support/host.ts'

afterEach(cleanUp)

describe.skipIf(process.platform === 'win32')('case 91: the socket of a long data path', () => {
  let shared: string
  const long = () => join(temporaryFolder(), 'd'.repeat(100), 'data')

  beforeEach(() => {
    shared = temporaryFolder()
    const before = { TMPDIR: process.env.TMPDIR, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR }
    process.env.TMPDIR = shared
    delete process.env.XDG_RUNTIME_DIR
    onCleanUp(() => {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
    })
  })

  it('is in a folder of its own with a name that was drawn, which is removed with it', async () => {
    const host = await startHost({ dataDir: long() })
    const { socket } = readHostInfo(host.dataDir)!
    expect(dirname(dirname(socket))).toBe(shared)
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700)
    const client = localClient(host, { connect: () => connectLocal(socket) })
    await client.connect()
    expect(await client.list()).toEqual([])
    await host.stop()
    expect(existsSync(dirname(socket))).toBe(false)
  })

  it('does not depend on a name that another user can take first', async () => {
    const squatted = join(shared, `on-the-go-${process.getuid!()}`)
    mkdirSync(squatted)
    // As another user's, which only root can show.
    chmodSync(squatted, 0o777)
    if (process.getuid!() === 0) chownSync(squatted, 12345, 12345)
    const dataDir = long()
    const first = await startHost({ dataDir })
    const names = [readHostInfo(dataDir)!.socket]
    await first.stop()
    await startHost({ dataDir })
    names.push(readHostInfo(dataDir)!.socket)
    expect(new Set(names.map(dirname)).add(squatted).size).toBe(3)
  })

  it('is removed by the next host after a crash', async () => {
    const dataDir = long()
    const left = join(shared, 'on-the-go-abcdef')
    mkdirSync(left, { mode: 0o700 })
    writeFileSync(join(left, 'otg.sock'), '')
    mkdirSync(dataDir, { recursive: true })
    const info = { pid: 1, socket: join(left, 'otg.sock'), version: '1', started_at: 1 }
    writeFileSync(join(dataDir, 'host.json'), JSON.stringify(info))
    await startHost({ dataDir })
    expect(existsSync(left)).toBe(false)
  })

  it.each([
    ['a file of another name', 'other.sock'],
    ['another folder', '../other/otg.sock'],
  ])('leaves %s alone that host.json names', async (_what, name) => {
    const dataDir = long()
    const file = join(shared, 'on-the-go-abcdef', name)
    mkdirSync(join(shared, 'on-the-go-abcdef'))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, '')
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(join(dataDir, 'host.json'), JSON.stringify({ pid: 1, socket: file, version: '1', started_at: 1 }))
    await startHost({ dataDir })
    expect(existsSync(file)).toBe(true)
  })

  it('is not used by a client when its folder is another user’s', () => {
    const { uid } = statSync(shared)
    expect(isForeign(join(shared, 'otg.sock'), uid)).toBe(false)
    expect(isForeign(join(shared, 'otg.sock'), uid + 1)).toBe(true)
    expect(isForeign(join(shared, 'otg.sock'), 0)).toBe(false)
    expect(isForeign(join(shared, 'gone', 'otg.sock'), uid + 1)).toBe(false)
  })
})
