// The disk of the data folder is full before the host starts.
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { cleanUp, localClient, onCleanUp, startHost, temporaryFolder, until } from '../support/host.ts'

afterEach(cleanUp)

/** A small file system in memory; and what fills it to the last byte. */
function smallDisk(): { folder: string; fill(): void; free(): void } {
  const folder = join(temporaryFolder(), 'disk')
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])
  onCleanUp(() => execFileSync('umount', ['-l', folder]))
  const filler = join(folder, 'filler')
  const fill = () => {
    for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2))
      try {
        for (;;) appendFileSync(filler, Buffer.alloc(size))
      } catch {}
  }
  return { folder, fill, free: () => rmSync(filler) }
}

/** Mounting takes root. */
const canMount = process.platform === 'linux' && process.getuid!() === 0

async function kinds(client: LocalClient): Promise<string[]> {
  return (await client.troubles()).map(({ kind }) => kind)
}

it.skipIf(!canMount)('a host starts with recording off, says so, and records when there is room', async () => {
  const disk = smallDisk()
  const dataDir = join(disk.folder, 'data')
  const first = await startHost({ dataDir })
  const before = await localClient(first).create({ command: ['sh', '-c', 'echo earlier'] })
  await until(async () => (await localClient(first).history.search('earlier')).hits.length > 0, 'the earlier output')
  await first.stop()
  disk.fill()

  const host = await startHost({ dataDir })
  const client = localClient(host)
  expect(await kinds(client)).toContain('disk_full')
  const { session_id } = await client.create({ command: ['sh', '-c', 'echo on a full disk; read line'] })
  await until(async () => (await client.list()).some(one => one.session_id === session_id && one.bytes > 0), 'output')
  disk.free()
  await until(async () => !(await kinds(client)).includes('disk_full'), 'the trouble to be over')
  await until(async () => (await client.history.search('on a full disk')).hits.length > 0, 'the output to be recorded')
  expect((await client.history.search('earlier')).hits[0]!.session_id).toBe(before.session_id)
  expect(await kinds(client)).toEqual([])
})

it.skipIf(!canMount)(
  'a first start on a full disk keeps its key in memory, and pairs no phone until it is saved',
  async () => {
    const disk = smallDisk()
    const dataDir = join(disk.folder, 'data')
    disk.fill()

    const host = await startHost({ dataDir })
    const client = localClient(host)
    expect(await kinds(client)).toEqual(expect.arrayContaining(['disk_full', 'files_unwritable']))
    const refused: string[] = []
    client.on('watch_refused', ({ code }) => refused.push(code))
    client.showPairing()
    await until(() => refused.length > 0, 'the refusal')
    expect(refused).toEqual(['data_dir_unusable'])
    await expect(client.renewPairing()).rejects.toMatchObject({ code: 'data_dir_unusable' })
    expect(existsSync(join(dataDir, 'host.key'))).toBe(false)
    const { session_id } = await client.create({ command: ['sh', '-c', 'echo at the first start; read line'] })
    await until(async () => (await client.list()).some(one => one.session_id === session_id && one.bytes > 0), 'output')

    disk.free()
    await until(async () => (await kinds(client)).length === 0, 'the trouble to be over')
    await until(async () => (await client.history.search('at the first start')).hits.length > 0, 'it to be recorded')
    const key = readFileSync(join(dataDir, 'host.key'), 'utf8')
    let link = ''
    client.on('pairing', ({ addresses }) => (link = addresses[0]?.url ?? ''))
    client.showPairing()
    await until(() => link !== '', 'the code')
    await host.stop()
    await startHost({ dataDir })
    expect(readFileSync(join(dataDir, 'host.key'), 'utf8')).toBe(key)
  },
)
