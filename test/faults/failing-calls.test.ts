// The disk refuses a call of the host, whichever it is: nothing that was recorded is lost, what is not recorded is said, and the
// host goes on by itself.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { TROUBLES, type TroubleKind } from '../../main/host/health/troubles.ts'
import { OTG } from '../support/built.ts'
import { type DiskError, type FailingCall, FailingDisk } from '../support/faults/failing-disk.ts'
import { endProcess, startHostProcess, startPrintingHost } from '../support/faults/printing-host.ts'
import { recordedExtents } from '../support/faults/recorded-extents.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../support/host.ts'
import { repeatableRandom } from '../support/repeat.ts'

afterEach(cleanUp)

const ROUNDS = Number(process.env.OTG_FAULT_ROUNDS ?? 16)
const STARTS = Number(process.env.OTG_FAULT_ROUNDS ?? 12)

const ERRORS: DiskError[] = ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT', 'EMFILE']
const CALLS: FailingCall[][] = [
  ['write'],
  ['sync'],
  ['open'],
  ['truncate', 'rename'],
  ['write', 'sync', 'open', 'truncate', 'rename'],
]
const COUNTS = [1, 2, 5, 30, 1_000]

/** A round of faults lasts at most this long: some calls are made rarely. */
const ROUND_MS = 1_500

/** A start makes about this many calls. */
const CALLS_OF_START = 60

it.skipIf(process.platform !== 'linux')(
  'a running host survives a disk that refuses any of its calls, for any time',
  async () => {
    const random = repeatableRandom()
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
    const folder = temporaryFolder()
    const dataDir = join(folder, 'data')
    const disk = new FailingDisk(dataDir, folder)
    const truth = join(folder, 'printed')
    const host = await startPrintingHost(dataDir, 'steady', truth, disk.environment)
    const { client, session_id, printed } = host
    const reported = new Set<string>()
    client.on('troubles', troubles => {
      for (const { kind } of troubles) reported.add(kind)
    })
    client.watchHealth()
    let failed = 0
    for (let round = 0; round < ROUNDS; round++) {
      const [kinds, error, after, count] = [pick(CALLS), pick(ERRORS), Math.floor(random() * 40), pick(COUNTS)]
      disk.fail(kinds, error, after, count)
      const began = performance.now()
      // What a person does meanwhile is done, or refused with a code; it is never half done.
      const before = (await client.settings()).values.retention_days
      const days = 1 + ((before + Math.floor(random() * 80)) % 90)
      const changed = await client.changeSettings({ retention_days: days }).then(
        () => true,
        ({ code }) => {
          expect(code).not.toBe('internal')
          return false
        },
      )
      expect((await client.settings()).values.retention_days === days, `setting after ${kinds} ${error}`).toBe(changed)
      await until(() => disk.failed >= count || performance.now() - began > ROUND_MS)
      failed += disk.stop()
      // What is wrong with the log ends with its next line.
      await client.changeSettings({ retention_days: 1 + (days % 90) })
      // It goes on by itself: what is printed now is recorded, and nothing is wrong any more.
      const line = printed().trim().split('\n').at(-1)!.trim()
      await until(
        async () => (await client.history.search(line).catch(() => undefined))?.hits.length,
        `${line} to be recorded after ${kinds} ${error} × ${count}`,
      )
      let left: string[] = []
      const isWell = async () => {
        const open = (await client.troubles()).filter(({ kind }) => TROUBLES[kind as TroubleKind].ends !== 'person')
        left = open.map(({ kind }) => kind)
        return left.length === 0
      }
      await until(isWell, `the trouble to end after ${kinds} ${error} × ${count}`).catch(cause => {
        throw new Error(`still wrong: ${left}`, { cause })
      })
    }
    expect(failed).toBeGreaterThan(0)
    await host.kill()
    const { pieces, gaps } = recordedExtents(join(dataDir, 'otg.db'), session_id)
    const whole = Buffer.from(printed().replaceAll('\n', '\r\n'), 'latin1')
    for (const { offset, bytes } of pieces)
      expect(bytes.equals(whole.subarray(offset, offset + bytes.length)), `the recording at ${offset}`).toBe(true)
    if (gaps.length > 0)
      expect([...reported].some(kind => kind.startsWith('recording_') || kind === 'disk_full')).toBe(true)
    expect(gaps.map(({ reason }) => reason).filter(reason => reason !== 'unrecorded')).toEqual([])
    console.log(`${failed} calls failed, ${gaps.length} gaps; reported: ${[...reported].join(', ')}`)
  },
)

it.skipIf(process.platform !== 'linux')(
  'a start on a disk that refuses any of its calls succeeds or says why, and loses nothing',
  async () => {
    const random = repeatableRandom()
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
    const folder = temporaryFolder()
    const dataDir = join(folder, 'data')
    const disk = new FailingDisk(dataDir, folder)
    const first = await startHostProcess(dataDir)
    const { session_id } = await first.client.create({ command: ['sh', '-c', 'echo kept for good'] })
    await until(async () => (await first.client.history.search('kept for good')).hits.length > 0, 'it to be recorded')
    await first.client.changeSettings({ retention_days: 77 })
    first.client.close()
    await endProcess(first.process, 'SIGTERM')
    const kept = ['host.key', 'settings.json']
    const contents = kept.map(name => readFileSync(join(dataDir, name), 'utf8'))
    const outcomes: string[] = []
    for (let round = 0; round < STARTS; round++) {
      const [kinds, error] = [round % 2 === 0 ? (['open'] as FailingCall[]) : pick(CALLS), pick(ERRORS)]
      disk.fail(kinds, error, Math.floor(random() * CALLS_OF_START), pick(COUNTS))
      const host = spawn(process.execPath, [OTG, 'host', '--json', '--port', '0', '--data-dir', dataDir], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...disk.environment },
      })
      onCleanUp(() => endProcess(host))
      let message = ''
      host.stderr.setEncoding('utf8').on('data', (text: string) => (message += text))
      const started = await Promise.race([
        once(host.stdout, 'data').then(() => true),
        once(host, 'close').then(() => false),
      ])
      disk.stop()
      if (started) await endProcess(host, 'SIGTERM')
      else {
        const { code } = (JSON.parse(message.trim().split('\n').at(-1)!) as { error: { code: string } }).error
        outcomes.push(code)
        if (code === 'internal') outcomes.push(message)
      }
      if (started) outcomes.push('started')
    }
    console.log(outcomes.join(', '))
    expect(outcomes.filter(outcome => outcome !== 'started' && outcome !== 'data_dir_unusable')).toEqual([])
    const last = await startHostProcess(dataDir)
    expect(kept.map(name => readFileSync(join(dataDir, name), 'utf8'))).toEqual(contents)
    expect((await last.client.settings()).values.retention_days).toBe(77)
    const { hits } = await last.client.history.search('kept for good')
    expect(hits.map(hit => hit.session.session_id)).toContain(session_id)
    expect((await last.client.troubles()).map(({ kind }) => kind).filter(kind => kind === 'history_lost')).toEqual([])
  },
)
