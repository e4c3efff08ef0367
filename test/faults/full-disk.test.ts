// The disk of the data folder is full before the host starts.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
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
