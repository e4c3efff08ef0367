// otg status, and what otg ls says of trouble, against real hosts.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { otg, startCliHost, startSession } from '../../support/cli.ts'
import { cleanUp, temporaryFolder } from '../../support/host.ts'

afterEach(cleanUp)

it('works when no host runs, and exits with code 3', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const plain = await otg(dataDir, ['status'])
  expect(plain).toMatchObject({ code: 3, stdout: expect.stringContaining('not running') })
  expect(plain.stderr).toContain('start one with')
  const json = await otg(dataDir, ['status', '--json'])
  expect([json.code, json.json(), json.stderr]).toEqual([3, [{ running: false, data_dir: dataDir }], ''])
})

it('shows a host that is well, and exits with code 0', async () => {
  const { dataDir, pid, port } = await startCliHost()
  await startSession(dataDir, ['cat'])
  const plain = await otg(dataDir, ['status'])
  expect(plain).toMatchObject({ code: 0, stderr: '' })
  for (const part of [`pid ${pid}`, `http://127.0.0.1:${port}/`, '1 running', '0 paired', 'on, history of', 'none'])
    expect(plain.stdout).toContain(part)
  const [json] = (await otg(dataDir, ['status', '--json'])).json()
  expect(json).toMatchObject({
    running: true,
    pid,
    data_dir: dataDir,
    sessions: 1,
    recording: { state: 'on' },
    troubles: [],
  })
})

it('says what is wrong and what to do, exits with code 4, and dismisses what has happened already', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  mkdirSync(dataDir)
  const lost = { kind: 'history_lost', since: Date.now() - 3_600_000, sessions: [], bytes: 219_000, path: '/x/otg.db' }
  writeFileSync(join(dataDir, 'health.json'), JSON.stringify({ troubles: [lost] }))
  await startCliHost(dataDir)
  const plain = await otg(dataDir, ['status'])
  expect(plain.code).toBe(4)
  for (const part of ['The history is gone', '1h ago', 'put it back', 'Lost: 219.0 kB', 'File: /x/otg.db'])
    expect(plain.stdout).toContain(part)
  expect(plain.stdout.split('\n').every(line => line.length <= 100)).toBe(true)

  // The lines of standard output are sessions, and stay that.
  const ls = await otg(dataDir, ['ls'])
  expect(ls).toMatchObject({ code: 0, stdout: '' })
  expect(ls.stderr).toContain('otg: The history is gone (1h ago); see: otg status\n')
  const json = await otg(dataDir, ['ls', '--json'])
  expect(json).toMatchObject({ code: 0, stdout: '' })
  expect(JSON.parse(json.stderr)).toMatchObject({ trouble: { kind: 'history_lost', severity: 'error' } })

  expect((await otg(dataDir, ['status', '--dismiss'])).code).toBe(0)
  expect(await otg(dataDir, ['ls'])).toMatchObject({ stderr: expect.not.stringContaining('history') })
})
