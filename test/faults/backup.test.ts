// `otg backup` and `otg restore`: a computer's history, devices and keys in one file, taken while the host runs or without one.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { PLAIN_FILES } from '../../main/host/files/secret-files.ts'
import { backUp, readBackupFiles } from '../../main/host/upkeep/backup.ts'
import { restore } from '../../main/host/upkeep/restore.ts'
import { toCoded } from '../../protocol/errors.ts'
import { OTG, otg, startCliHost, startSession, withClient } from '../support/cli.ts'
import { recordedFolder } from '../support/damage.ts'
import { cleanUpHistories, databaseFile, openHistory, Recording } from '../support/history.ts'
import { cleanUp, localClient, newPhone, startHost, temporaryFolder, until, webClient } from '../support/host.ts'

afterEach(async () => {
  await cleanUp()
  await cleanUpHistories()
})

const codeOf = (action: () => unknown): string => {
  try {
    action()
    return 'done'
  } catch (error) {
    return toCoded(error).code
  }
}

const into = (backup: string, folder: string, force = false) => restore({ backup, folder, force, now: new Date() })

describe('a backup of a running host', () => {
  it('brings history, devices and keys to another folder, where a paired phone connects as before', async () => {
    const host = await startHost()
    const phone = await newPhone(host)
    const client = localClient(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'seq 1 50000; exec cat'] })
    await until(async () => (await client.history.read(session_id)).lines.some(({ text }) => text === '50000'))
    const file = join(temporaryFolder(), 'host.backup')
    const result = await client.backUp(file)
    expect(result).toMatchObject({ file, sessions: 1, damaged: 0 })
    expect(result.files).toEqual(expect.arrayContaining(['host.key', 'devices.json']))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await host.stop()

    const folder = join(temporaryFolder(), 'elsewhere')
    expect(into(file, folder)).toMatchObject({ sessions: 1, damaged: 0 })
    for (const name of ['otg.db', 'host.key', 'devices.json'])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    const restored = await startHost({ dataDir: folder })
    const returned = webClient(restored, { phone })
    await until(() => returned.state.name === 'ready', 'the phone to be let in')
    const { sessions } = await returned.history.sessions()
    expect(sessions.map(session => [session.session_id, session.state])).toEqual([[session_id, 'host_crashed']])
    expect((await returned.history.read(session_id)).lines.at(-1)!.text).toBe('50000')
  })

  it('is the history at one moment, whatever is printed meanwhile', async () => {
    const host = await startHost()
    const client = localClient(host)
    const { session_id } = await client.create({
      command: ['sh', '-c', 'stty -opost; i=0; while :; do seq $i 1 $((i+9999)); i=$((i+10000)); done'],
    })
    await until(async () => (await client.list())[0]!.bytes > 2_000_000)
    const file = join(temporaryFolder(), 'host.backup')
    await client.backUp(file)
    await host.stop()
    const folder = temporaryFolder()
    into(file, folder)
    const restored = localClient(await startHost({ dataDir: folder }))
    const parts: Uint8Array[] = []
    await restored.history.export(session_id, { format: 'raw' }, bytes => parts.push(bytes))
    const lines = Buffer.concat(parts).toString().split('\n').slice(0, -1)
    expect(lines.length).toBeGreaterThan(100_000)
    expect(lines.every((line, at) => line === `${at}`)).toBe(true)
  })

  it('fails with its reason, and leaves neither a file nor the last backup changed', async () => {
    const host = await startHost()
    const client = localClient(host)
    const folder = temporaryFolder()
    await expect(client.backUp(join(folder, 'missing', 'b'))).rejects.toMatchObject({ code: 'backup_failed' })
    await expect(client.backUp('relative')).rejects.toMatchObject({ code: 'backup_failed' })
    expect((await client.troubles()).map(({ kind }) => kind)).toEqual(['backup_failed'])
    await client.backUp(join(folder, 'b'))
    expect(await client.troubles()).toEqual([])
  })
})

describe('the commands', () => {
  it('back up, check and restore, with a host and without one', async () => {
    const host = await startCliHost()
    const folder = temporaryFolder()
    const file = join(folder, 'a.backup')
    const online = await otg(host.dataDir, ['backup', file])
    expect(online).toMatchObject({ code: 0 })
    expect(online.stderr).toContain('not encrypted')
    expect(await otg(host.dataDir, ['check'])).toMatchObject({ code: 0 })
    expect(await otg(host.dataDir, ['check', '--repair', '--json'])).toMatchObject({ code: 1 })
    expect((await otg(host.dataDir, ['restore', file, '--json'])).error().code).toBe('host_running')
    host.child.kill('SIGTERM')
    await host.finished
    expect(await otg(host.dataDir, ['backup', file])).toMatchObject({ code: 0 })
    expect(await otg(host.dataDir, ['check', '--repair'])).toMatchObject({ code: 0 })
    expect((await otg(host.dataDir, ['restore', file, '--json'])).error().code).toBe('data_dir_in_use')
    const forced = await otg(host.dataDir, ['restore', file, '--force', '--json'])
    expect(forced.code).toBe(0)
    expect(readFileSync(join(String(forced.json()[0]!.kept), 'host.key'))).toEqual(
      readFileSync(join(host.dataDir, 'host.key')),
    )
    const again = await startCliHost(host.dataDir)
    expect((await otg(host.dataDir, ['check'])).stdout).toContain('what was there before a restore')
    expect((await otg(host.dataDir, ['check', '--remove-kept', '--json'])).error().code).toBe('host_running')
    expect(await withClient(again.dataDir, client => client.troubles())).toEqual([])
  })

  it('refuse a program in a session, and phones', async () => {
    const host = await startCliHost()
    const folder = temporaryFolder()
    const out = join(folder, 'out')
    const run = (what: string) => `${process.execPath} ${OTG} ${what}`
    const script = `{ ${run(`backup ${join(folder, 'stolen')}`)}; ${run('check')}; } >${out} 2>&1 </dev/null; echo over >>${out}; cat`
    await startSession(host.dataDir, ['env', `OTG_DATA_DIR=${host.dataDir}`, 'sh', '-c', script])
    const output = () => (existsSync(out) ? readFileSync(out, 'utf8') : '')
    await until(() => output().endsWith('over\n'))
    expect(output().match(/a program in a session may not do that/g)).toHaveLength(2)
    expect(existsSync(join(folder, 'stolen'))).toBe(false)
  })
})

describe('a restore', () => {
  it('refuses what is no whole backup, and changes nothing', async () => {
    const { folder } = await recordedFolder()
    const file = join(temporaryFolder(), 'b')
    writeFileSync(join(folder, 'settings.json'), '{}', { mode: 0o600 })
    backUp({
      database: join(folder, 'otg.db'),
      files: readBackupFiles(folder, PLAIN_FILES),
      to: file,
      header: { made_at: Date.now(), version: 'x' },
    })
    const bytes = readFileSync(file)
    const target = join(temporaryFolder(), 'target')
    const attempt = (content: Uint8Array) => {
      writeFileSync(file, content)
      return codeOf(() => into(file, target))
    }
    expect(attempt(Buffer.from('no backup'))).toBe('backup_unusable')
    expect(attempt(readFileSync(join(folder, 'otg.db')))).toBe('backup_unusable')
    expect(attempt(bytes.subarray(0, bytes.length >> 1))).toBe('backup_unusable')
    const flipped = Buffer.from(bytes)
    const at = flipped.lastIndexOf('settings.json') + 'settings.json'.length
    flipped[at] = flipped[at]! ^ 1
    expect(attempt(flipped)).toBe('backup_unusable')
    expect(codeOf(() => into(join(target, 'missing'), target))).toBe('backup_unusable')
    expect(attempt(bytes)).toBe('done')
  })

  it('takes the backup of an encrypted history, whose file is not encrypted', async () => {
    const path = databaseFile()
    const key = new Uint8Array(32).fill(7)
    const history = await openHistory({ path, key })
    const recording = new Recording(history)
    recording.print('a secret line\r\n')
    await history.close()
    const file = join(temporaryFolder(), 'b')
    backUp({ database: { path, key }, files: [], to: file, header: { made_at: Date.now(), version: 'x' } })
    const folder = temporaryFolder()
    into(file, folder)
    const restored = await openHistory(join(folder, 'otg.db'))
    const { session } = await restored.session(recording.session_id)
    expect(session.bytes).toBe(recording.bytes.length)
  })
})
