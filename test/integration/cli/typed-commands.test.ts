// What `otg` may do where a person can have typed it: in a session's shell, as the shell runs it (cases 150 to 152 of
// docs/security-cases.md). Real shells run the real otg.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type CliHost,
  OTG,
  otg,
  screenOf,
  sessions,
  startCliHost,
  startSession,
  withClient,
} from '../../support/cli.ts'
import { asked, decide } from '../../support/control.ts'
import { cleanUp, keepAfterCleanUp, temporaryFolder, until } from '../../support/host.ts'

let host: CliHost
let stop: () => Promise<void>
beforeAll(async () => {
  host = await startCliHost()
  stop = keepAfterCleanUp()
})
afterAll(() => stop())
afterEach(cleanUp)

/** A session's shell, into which a person types. `otg` runs as it does when it is installed. */
async function shell() {
  const id = await startSession(host.dataDir, ['bash', '--norc'])
  const folder = temporaryFolder()
  const out = join(folder, 'out')
  writeFileSync(join(folder, 'otg'), `#!/bin/sh\nOTG_DATA_DIR=${host.dataDir} exec ${process.execPath} ${OTG} "$@"\n`, {
    mode: 0o755,
  })
  return {
    id,
    folder,
    otg: join(folder, 'otg'),
    type: (text: string) => otg(host.dataDir, ['send', id, '--enter', text]),
    /** What the commands wrote to `out`. */
    out: () => (existsSync(out) ? readFileSync(out, 'utf8') : ''),
    outFile: out,
  }
}

/** Reading the settings needs a permission for programs, and none for a person. */
const READS = 'devices --json'

describe('case 150: what a shell runs', () => {
  const WAYS: [string, (script: string) => string][] = [
    ['a script', script => `sh ${script}`],
    ['a script from a pipe', script => `cat ${script} | sh`],
    ['a script from a pipe, by -s', script => `cat ${script} | bash -s`],
    ['a script from a file', script => `sh <${script}`],
    ['a here string', script => `bash <<< "$(cat ${script})"`],
    ['a startup file', script => `bash --rcfile ${script} -i`],
    ['a startup file by the environment', script => `ENV=${script} sh`],
    ['a program that becomes a shell', script => `perl -e '$ENV{ENV}="${script}"; exec "sh"'`],
    ['sourced in a subshell', script => `(. ${script})`],
  ]
  it.each(WAYS)('is a program’s command in %s', async (_what, command) => {
    const at = await shell()
    const script = join(at.folder, 'script')
    writeFileSync(script, `${at.otg} ${READS} >${at.outFile} 2>&1 </dev/null; echo over >>${at.outFile}\n`)
    await at.type(command(script))
    await asked(host.dataDir, at.id)
    await decide(host.dataDir, at.id, 'Deny')
    await until(() => at.out().endsWith('over\n'), 'the end of the script')
    expect(at.out()).toContain('a person refused it')
  })

  it('is a person’s command at the prompt, also in a pipeline', async () => {
    const at = await shell()
    await at.type(`${at.otg} ${READS} | cat >${at.outFile} 2>&1; echo over >>${at.outFile}`)
    await until(() => at.out().endsWith('over\n'), 'the end of the command')
    expect(at.out()).not.toContain('error')
  })
})

describe('case 151: a command at the prompt', () => {
  it('pairs no phone, and writes no backup, unless a person elsewhere allows it', async () => {
    const at = await shell()
    await at.type(
      `${at.otg} pair --yes --json >${at.outFile} 2>&1; ${at.otg} backup ${at.folder}/copy >>${at.outFile} 2>&1; echo over >>${at.outFile}`,
    )
    const { activity } = await asked(host.dataDir, at.id)
    expect(activity!.question!.text).toBe('A program in this session wants to show a code and pair a phone.')
    expect(activity!.question!.options.map(({ label }) => label)).toEqual(['Allow once', 'Deny'])
    await decide(host.dataDir, at.id, 'Deny')
    await until(() => at.out().endsWith('over\n'), `the end of the commands: ${at.out()}`)
    expect(at.out()).toContain('"code":"grant_needed"')
    expect(at.out()).not.toContain('"url"')
    expect(at.out()).toContain('a person refused this recently')
    expect(existsSync(join(at.folder, 'copy'))).toBe(false)
    await withClient(host.dataDir, async client => {
      expect((await client.devices()).devices).toEqual([])
    })
  })

  it('answers no question for a permission, and gives none, also in another session', async () => {
    const asking = await shell()
    await asking.type(`${asking.otg} pair --json >${asking.outFile} 2>&1`)
    const { question_id } = (await asked(host.dataDir, asking.id)).activity!.question!
    const at = await shell()
    await at.type(
      `${at.otg} answer ${asking.id} yes --question ${question_id} --json >${at.outFile} 2>&1; echo over >>${at.outFile}`,
    )
    await until(() => at.out().endsWith('over\n'), 'the end of the command')
    expect(at.out()).toContain('"code":"forbidden"')
    await at.type(`${at.otg} allow ${at.id} --json`)
    await asked(host.dataDir, at.id)
    expect((await sessions(host.dataDir)).find(one => one.session_id === at.id)!.may_control).toBeUndefined()
    await decide(host.dataDir, at.id, 'Deny')
    await decide(host.dataDir, asking.id, 'Deny')
  })

  it('pairs a phone once a person elsewhere has allowed it', async () => {
    const at = await shell()
    await at.type(`${at.otg} pair --json >${at.outFile} 2>&1`)
    await decide(host.dataDir, at.id, 'Allow once')
    await until(() => at.out().includes('"url"'), 'the code')
    expect(await screenOf(host.dataDir, at.id)).not.toContain('error')
  })
})
