// A disk that takes two seconds for each sync.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { compileDiskJournal, journalEnvironment } from '../support/faults/disk-journal.ts'
import { startPrintingHost } from '../support/faults/printing-host.ts'
import { cleanUp, temporaryFolder, until } from '../support/host.ts'

afterEach(cleanUp)

it.skipIf(process.platform !== 'linux')(
  'a disk that syncs slowly is reported until it is fast again, and recording goes on',
  async () => {
    const folder = temporaryFolder()
    const dataDir = join(folder, 'data')
    const slow = join(folder, 'slow')
    mkdirSync(dataDir)
    const { client, printed } = await startPrintingHost(dataDir, 'steady', join(folder, 'printed'), {
      ...journalEnvironment(compileDiskJournal(folder), dataDir, join(folder, 'journal')),
      OTG_DISK_SLOW: slow,
    })
    const isReported = async () => (await client.troubles()).some(({ kind }) => kind === 'recording_behind')
    expect(await isReported()).toBe(false)
    writeFileSync(slow, '')
    await until(isReported, 'the trouble to be reported')
    const lastLine = printed().trim().split('\n').at(-2)!.trim()
    await until(async () => (await client.history.search(lastLine)).hits.length > 0, 'the line to be recorded')
    rmSync(slow)
    await until(async () => !(await isReported()), 'the trouble to be over')
  },
)
