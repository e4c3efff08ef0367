// What a device typed and no program has read is dropped when the device may no longer type: case 88.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { ClientAttachment } from '../../../protocol/client/client-attachment.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import {
  approvingDesktop,
  bytesOf,
  cleanUp,
  localClient,
  newPhone,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

interface Phone {
  client: LocalClient
  /** Types, and resolves when the host has it. */
  type(text: string): Promise<void>
  device_id: string
}

interface Scene {
  desktop: LocalClient
  screen: Recorder
  /** The person at the computer types. */
  type(text: string): Promise<void>
  phone(name: string): Promise<Phone>
  /** The program that does not read ends. */
  goOn(): void
  /** What a file in the session's folder contains, when it is not empty. */
  content(file: string): Promise<string>
  exists(file: string): boolean
}

const WAIT = 'until [ -e go ]; do sleep 0.02; done'

/** A session in which a program does not read: `script`, and what it does after `goOn`. */
async function busySession(script: string): Promise<Scene> {
  const host = await startHost()
  const folder = temporaryFolder()
  const desktop = await approvingDesktop(host)
  const local = localClient(host)
  const { session_id } = await local.create({ command: ['/bin/sh', '-c', `${script}`], cwd: folder })
  const screen = new Recorder()
  const own = local.attach(session_id, screen)
  await screen.shows('busy')
  return {
    desktop,
    screen,
    type: text => typed(own, text),
    phone: async name => {
      const client = webClient(host, { phone: await newPhone(host, name), reconnect: false })
      const attachment = client.attach(session_id, new Recorder())
      await until(() => attachment.live, 'the attachment')
      const { devices } = await desktop.devices()
      const { device_id } = devices.find(device => device.name === name)!
      return { client, device_id, type: text => typed(attachment, text) }
    },
    goOn: () => writeFileSync(join(folder, 'go'), ''),
    content: async file => {
      await until(
        () => existsSync(join(folder, file)) && readFileSync(join(folder, file)).length > 0,
        `the file ${file}`,
      )
      return readFileSync(join(folder, file), 'utf8')
    },
    exists: file => existsSync(join(folder, file)),
  }
}

function typed(attachment: ClientAttachment, text: string): Promise<void> {
  return new Promise(resolve => {
    const off = attachment.on('pending_input', bytes => {
      if (bytes > 0) return
      off()
      resolve()
    })
    attachment.type(bytesOf(text))
  })
}

/** A shell that will run what was typed meanwhile. */
const SHELL = `echo busy; ${WAIT}; exec sh`

const lines = (name: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `echo ${name}${from + n} >>ran\r`).join('')

describe.skipIf(process.platform === 'win32')('case 88: input that no program has read', () => {
  it.each<[string, (scene: Scene, phone: Phone) => Promise<unknown>]>([
    ['is revoked', ({ desktop }, { device_id }) => desktop.revokeDevice(device_id)],
    ['may only look from now on', ({ desktop }, { device_id }) => desktop.updateDevice(device_id, { read_only: true })],
    [
      'is revoked after its connection has dropped',
      async ({ desktop }, { client, device_id }) => {
        client.close()
        await until(async () => (await desktop.devices()).devices[0]!.connected === 0, 'the connection to be gone')
        await desktop.revokeDevice(device_id)
      },
    ],
  ])('is dropped when its device %s', async (_how, end) => {
    const scene = await busySession(SHELL)
    const phone = await scene.phone('lost')
    for (let n = 0; n < 200; n++) await phone.type(`echo lost${n} >>ran\r`)
    await end(scene, phone)
    await scene.type('echo mine >>ran\r')
    scene.goOn()
    expect(await scene.content('ran')).toBe('mine\n')
  })

  it('is dropped out of what several devices and the person at the computer typed, whose input stays in order', async () => {
    const scene = await busySession(SHELL)
    const [lost, other] = [await scene.phone('lost'), await scene.phone('other')]
    await scene.type(lines('mine', 0, 2))
    await lost.type(lines('lost', 0, 5))
    await other.type(lines('other', 0, 2))
    await lost.type(lines('lost', 5, 9))
    await scene.type(lines('mine', 2, 3))
    await scene.desktop.revokeDevice(lost.device_id)
    await other.type(lines('other', 2, 3))
    await scene.type('echo end >>ran; echo >end\r')
    scene.goOn()
    await scene.content('end')
    expect(await scene.content('ran')).toBe('mine0\nmine1\nother0\nother1\nmine2\nother2\nend\n')
  })

  it('is dropped of several devices that are revoked at once', async () => {
    const scene = await busySession(SHELL)
    const [first, second] = [await scene.phone('first'), await scene.phone('second')]
    await first.type(lines('first', 0, 5))
    await scene.type(lines('mine', 0, 1))
    await second.type(lines('second', 0, 5))
    await Promise.all([first, second].map(({ device_id }) => scene.desktop.revokeDevice(device_id)))
    await scene.type(lines('mine', 1, 2))
    scene.goOn()
    await until(async () => (await scene.content('ran')).includes('mine1'), 'the last line')
    expect(await scene.content('ran')).toBe('mine0\nmine1\n')
  })

  it('is erased from a line without Enter, which nobody can add Enter to', async () => {
    const scene = await busySession(SHELL)
    const phone = await scene.phone('lost')
    await phone.type('echo lost >>ran')
    await scene.desktop.revokeDevice(phone.device_id)
    await scene.type('\r')
    await scene.type('echo mine >>ran\r')
    scene.goOn()
    expect(await scene.content('ran')).toBe('mine\n')
  })

  it('is dropped although a line was edited meanwhile', async () => {
    const scene = await busySession(SHELL)
    const phone = await scene.phone('lost')
    await phone.type('echo lott\x7f\x7fst >>ran\recho again >>ran\r')
    await scene.desktop.revokeDevice(phone.device_id)
    await scene.type('echo mine >>ran\r')
    scene.goOn()
    expect(await scene.content('ran')).toBe('mine\n')
  })

  it('is dropped from the queues of kernel and host, where a program reads key by key', async () => {
    const scene = await busySession(`stty raw -echo; echo busy; ${WAIT}; exec dd bs=1 count=200006 of=read status=none`)
    const [lost, other] = [await scene.phone('lost'), await scene.phone('other')]
    await other.type('one')
    await lost.type('x'.repeat(150_000))
    await other.type('y'.repeat(200_000))
    await lost.type('x'.repeat(50_000))
    await scene.desktop.revokeDevice(lost.device_id)
    await scene.type('two')
    scene.goOn()
    await until(async () => (await scene.content('read')).length === 200_006, 'all input')
    const read = await scene.content('read')
    expect(read.replace(/y+/, 'y')).toBe('oneytwo')
  })

  it('is replaced by the end of its paste, of which the program has read the beginning', async () => {
    const scene = await busySession(
      `stty raw -echo; echo busy; dd bs=1 count=9 of=first status=none; ${WAIT}; exec dd bs=1 count=10 of=rest status=none`,
    )
    const phone = await scene.phone('lost')
    await phone.type('\x1b[200~echo lost\r\x1b[201~\r')
    expect(await scene.content('first')).toBe('\x1b[200~ech')
    await scene.desktop.revokeDevice(phone.device_id)
    await scene.type('mine')
    scene.goOn()
    await until(async () => (await scene.content('rest')).length === 10, 'the rest')
    expect(await scene.content('rest')).toBe('\x1b[201~mine')
  })

  it('stays, as what it typed is read, when only its name changes', async () => {
    const scene = await busySession(SHELL)
    const phone = await scene.phone('kept')
    await phone.type(lines('kept', 0, 2))
    await scene.desktop.updateDevice(phone.device_id, { name: 'other' })
    await scene.type(lines('mine', 0, 1))
    scene.goOn()
    await until(async () => (await scene.content('ran')).includes('mine0'), 'the last line')
    expect(await scene.content('ran')).toBe('kept0\nkept1\nmine0\n')
  })

  it('is not typed again where a program has read it', async () => {
    const scene = await busySession(
      `stty raw -echo; echo busy; dd bs=1 count=8 of=first status=none; ${WAIT}; exec cat`,
    )
    const [lost, other] = [await scene.phone('lost'), await scene.phone('other')]
    await other.type('mine')
    await lost.type('lost')
    await scene.content('first')
    await scene.desktop.revokeDevice(lost.device_id)
    scene.goOn()
    await other.type('end')
    await scene.screen.shows('end')
    expect(scene.screen.text).toBe('busy\nend')
  })
})
