// Mode 1004: what a program is told of the focus, which the host knows from all clients.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { ClientAttachment } from '../../../protocol/client/client-attachment.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import {
  bytesOf,
  cleanUp,
  localClient,
  Recorder,
  sharedHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

const host = sharedHost()

/** A program that turns the mode on and shows what it reads. */
const SHOWS = ['/bin/sh', '-c', "stty raw -echo; printf '\\033[?1004hready\\r\\n'; cat -v"]

async function session(command = SHOWS): Promise<{ desktop: LocalClient; session_id: string }> {
  const desktop = localClient(host())
  const { session_id } = await desktop.create({ command })
  return { desktop, session_id }
}

async function attach(
  client: LocalClient,
  session_id: string,
  options = {},
): Promise<{ view: ClientAttachment; shown: Recorder }> {
  const shown = new Recorder()
  const view = client.attach(session_id, shown, options)
  await new Promise<void>(resolve => view.on('caught_up', () => resolve()))
  return { view, shown }
}

/** What the program was told, in order: I and O. */
async function told(desktop: LocalClient, session_id: string): Promise<string> {
  const { lines } = await desktop.screen(session_id)
  return [...lines.join('').matchAll(/\^\[\[([IO])/g)].map(([, focus]) => focus).join('')
}

describe.skipIf(process.platform === 'win32')('a program that asks for the focus', () => {
  it('is told at its start that no client is there, then when the first one comes and when the last one leaves', async () => {
    const { desktop, session_id } = await session()
    const becomes = (expected: string) => until(async () => (await told(desktop, session_id)) === expected, expected)
    await becomes('O')
    const phone = webClient(host())
    const { view } = await attach(phone, session_id)
    await becomes('OI')
    const other = localClient(host())
    const second = await attach(other, session_id)
    view.setPresent(false)
    // The other client is still there: nothing is told until that one leaves as well.
    second.view.setPresent(false)
    await becomes('OIO')
    view.setPresent(true)
    await becomes('OIOI')
    // A lost network.
    phone.close()
    await becomes('OIOIO')
    second.view.setPresent(true)
    await becomes('OIOIOI')
    other.detach(second.view)
    await becomes('OIOIOIO')
  })

  it('has the focus while a page is shown that its reader has not touched for long', async () => {
    const { desktop, session_id } = await session()
    const { view } = await attach(desktop, session_id)
    await until(async () => /I$/.test(await told(desktop, session_id)), 'the focus')
    const before = await told(desktop, session_id)
    view.setPresent(false, true)
    view.type(bytesOf('x'))
    await until(async () => (await desktop.screen(session_id)).lines.join('').endsWith('x'), 'the key')
    expect(await told(desktop, session_id)).toBe(before)
  })

  it('has no focus because of clients that may not type, or show no output', async () => {
    const { desktop, session_id } = await session()
    await until(async () => (await told(desktop, session_id)) === 'O', 'the first report')
    await attach(localClient(host()), session_id, { read_only: true })
    const typing = desktop.attach(session_id, new Recorder(), { window: 0 })
    typing.type(bytesOf('x'))
    await until(async () => (await desktop.screen(session_id)).lines.join('').endsWith('x'), 'the key')
    expect(await told(desktop, session_id)).toBe('O')
  })

  it('receives nothing of what clients report of their own focus, and no one counts as typing because of it', async () => {
    const { desktop, session_id } = await session(['/bin/sh', '-c', `${SHOWS[2]!.replace('ready', 'ready\\a')}`])
    await until(async () => (await told(desktop, session_id)) === 'O', 'the first report')
    const phone = webClient(host())
    const attention = async () => (await desktop.list()).find(one => one.session_id === session_id)!.attention
    await until(attention, 'the bell')
    const typing = phone.attach(session_id, new Recorder(), { window: 0 })
    let waiting = 0
    typing.on('pending_input', bytes => {
      waiting = bytes
    })
    typing.type(bytesOf('\x1b[I'))
    typing.type(bytesOf('\x1b[O\x1b[I'))
    await until(() => phone.state.name === 'ready' && waiting === 0, 'the input to arrive')
    expect(await attention()).not.toBeNull()
    typing.type(bytesOf('y'))
    await until(async () => (await desktop.screen(session_id)).lines.join('').endsWith('y'), 'the key')
    expect(await told(desktop, session_id)).toBe('O')
  })

  it('is not told any more after it turned the mode off, and its input passes as it is', async () => {
    const { desktop, session_id } = await session([
      '/bin/sh',
      '-c',
      "stty raw -echo; printf '\\033[?1004h\\033[?1004lready'; cat -v",
    ])
    const { view, shown } = await attach(desktop, session_id)
    await shown.shows('ready')
    view.setPresent(false)
    view.setPresent(true)
    view.type(bytesOf('\x1b[I.'))
    await shown.shows('.')
    expect((await told(desktop, session_id)).length).toBe(1)
  })
})

describe.skipIf(process.platform === 'win32')('vim', () => {
  it('runs its FocusLost and FocusGained commands when the last client leaves and the first comes', async () => {
    const file = join(temporaryFolder(), 'log')
    const log = (what: string) => `autocmd ${what} * call writefile(['${what}'], '${file}', 'a')`
    const desktop = localClient(host())
    const { session_id } = await desktop.create({
      command: ['vim', '-u', 'NONE', '-N', '-n', '-c', log('FocusLost'), '-c', log('FocusGained')],
    })
    const phone = webClient(host())
    const { view } = await attach(phone, session_id)
    const lines = () => {
      try {
        return readFileSync(file, 'utf8').trim().split('\n')
      } catch {
        return []
      }
    }
    await until(async () => (await desktop.screen(session_id)).lines.some(line => line.startsWith('~')), 'vim')
    view.setPresent(false)
    await until(() => lines().at(-1) === 'FocusLost', 'FocusLost')
    view.setPresent(true)
    await until(() => lines().at(-1) === 'FocusGained', 'FocusGained')
    phone.close()
    await until(() => lines().at(-1) === 'FocusLost', 'FocusLost after the connection was lost')
  })
})
