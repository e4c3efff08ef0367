// What `otg` may do where a person can have typed it: in a session's shell, as the shell runs it (cases 147 to 149 of
// docs/security-cases.md). Real shells run the real otg.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { inflate } from '../../../main/cli/command/inflate.ts'
import { readHostInfo } from '../../../main/host/files/host-info.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
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
import {
  cleanUp,
  connectWebSocket,
  keepAfterCleanUp,
  onCleanUp,
  Recorder,
  temporaryFolder,
  until,
} from '../../support/host.ts'
import { answerPairingRequests, openReturnChannel, pairingUrl, pairPhone } from '../../support/pairing.ts'

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

describe('case 147: what a shell runs', () => {
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

describe('case 148: a command at the prompt', () => {
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

describe('case 149: otg in a session', () => {
  /** A paired phone that is connected, and its ID. */
  async function phone() {
    const desk = new LocalClient({
      connect: () => connectLocal(readHostInfo(host.dataDir)!.socket),
      client: { kind: 'script', name: 'desk' },
      inflate,
      reconnect: false,
    })
    onCleanUp(() => desk.close())
    await desk.connect()
    const off = answerPairingRequests(desk)
    const identity = await pairPhone(await pairingUrl(desk), () => connectWebSocket(host), { name: 'phone' })
    off()
    await desk.hidePairing()
    const client = new LocalClient({
      connect: async () => openReturnChannel(identity, await connectWebSocket(host)),
      client: { kind: 'phone', name: 'phone' },
      inflate,
    })
    onCleanUp(() => client.close())
    await client.connect()
    const { device_id } = (await desk.devices()).devices.at(-1)!
    return { client, desk, device_id }
  }

  const runs = async (at: { otg: string; outFile: string; out(): string }, id: string) => {
    await otg(host.dataDir, [
      'send',
      id,
      '--enter',
      `${at.otg} ${READS} >${at.outFile} 2>&1; echo over >>${at.outFile}`,
    ])
    await asked(host.dataDir, id)
    await decide(host.dataDir, id, 'Deny')
    await until(() => at.out().endsWith('over\n'), 'the end of the command')
    expect(at.out()).toContain('a person refused it')
  }

  it('is no longer a person’s once a phone that typed there is revoked, also not what that left running', async () => {
    const at = await shell()
    const { client, desk, device_id } = await phone()
    const attached = client.attach(at.id, new Recorder())
    const left = `until test -e ${at.folder}/go; do sleep 0.05; done; ${at.otg} ${READS} >${at.outFile} 2>&1; echo over >>${at.outFile}; echo le""ft`
    attached.type(Buffer.from(`${left}\r`))
    await until(async () => (await screenOf(host.dataDir, at.id)).includes('until test'), 'what was typed')
    await desk.revokeDevice(device_id)
    writeFileSync(join(at.folder, 'go'), '')
    await asked(host.dataDir, at.id)
    await decide(host.dataDir, at.id, 'Deny')
    await until(() => at.out().endsWith('over\n'), 'the end of the command')
    expect(at.out()).toContain('a person refused it')
  })

  it('is none where a limited phone started the session in the place of another, and only views it', async () => {
    const at = await shell()
    const { client, desk, device_id } = await phone()
    await desk.updateDevice(device_id, { sessions: [] })
    await until(async () => (await client.list().catch(() => undefined))?.length === 0, 'its limit')
    const gone = (await client.create({ command: ['true'] })).session_id
    await until(async () => (await client.list())[0]?.state === 'exited', 'its end')
    await client.history.delete(gone)
    client.attach(gone, new Recorder(), { read_only: true, fallback: { command: ['bash', '--norc'] } })
    await until(async () => (await client.list()).some(one => one.state === 'running'), 'the session in its place')
    await runs(at, (await client.list()).find(one => one.state === 'running')!.session_id)
  })
})
