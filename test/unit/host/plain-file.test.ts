import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createPlainFile, readPlainFile } from '../../../main/host/files/plain-file.ts'
import { cleanUp, startHost, temporaryFolder } from '../../support/host.ts'

afterEach(cleanUp)

describe.skipIf(process.platform === 'win32')('case 167: a file of the data folder', () => {
  it('is read and created if it is a regular file', () => {
    const file = join(temporaryFolder(), 'file')
    createPlainFile(file)
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
    writeFileSync(file, 'text')
    createPlainFile(file)
    expect(readPlainFile(file)).toBe('text')
  })

  it('holds nothing up if it is a FIFO or a folder', () => {
    const folder = temporaryFolder()
    execFileSync('mkfifo', [join(folder, 'fifo')])
    mkdirSync(join(folder, 'folder'))
    for (const name of ['fifo', 'folder']) {
      expect(() => readPlainFile(join(folder, name))).toThrow(/EINVAL|EISDIR/)
      expect(() => createPlainFile(join(folder, name))).toThrow(/ENXIO|EINVAL|EISDIR/)
    }
  })

  it('does not keep a host from starting and stopping', async () => {
    const host = await startHost()
    for (const name of ['owner.json', 'rules/a.json'])
      execFileSync('sh', ['-c', `rm -f ${name}; mkfifo ${name}`], { cwd: host.dataDir })
    await host.stop()
    execFileSync('sh', ['-c', 'rm -f owner.json; mkfifo owner.json'], { cwd: host.dataDir })
    const again = await startHost({ dataDir: host.dataDir })
    expect(JSON.parse(readFileSync(join(again.dataDir, 'owner.json'), 'utf8'))).toHaveProperty('run')
  })
})
