// The session list: last lines, folders, attention and viewers of real sessions.
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { HostMessageOf, SessionInfo } from '../../../protocol/messages.ts'
import {
  approvingDesktop,
  bytesOf,
  cleanUp,
  localClient,
  newPhone,
  Recorder,
  startHost as startDefaultHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

/** Refreshes previews often. The default interval is tested with `startDefaultHost`. */
const startHost = () => startDefaultHost({ timing: { preview_ms: 50 } })

/** The lists that a client receives: every one, and the last. */
function watching(client: LocalClient) {
  const pushes: SessionInfo[][] = []
  const calls: HostMessageOf<'attention'>[] = []
  client.on('sessions', sessions => void pushes.push(sessions))
  client.on('attention', message => void calls.push(message))
  client.watch()
  const of = (session_id: string) => pushes.at(-1)?.find(session => session.session_id === session_id)
  return { pushes, calls, of }
}

const CAT = ['sh', '-c', 'stty -echo; echo ready; exec cat']

/** A session that prints its input, and an attachment that types there without displaying it. */
async function startCat(client: LocalClient) {
  const { session_id } = await client.create({ command: CAT })
  const typist = client.attach(session_id, new Recorder(), { window: 0 })
  await until(async () => (await client.screen(session_id)).lines[0] === 'ready', 'cat')
  return { session_id, print: (text: string) => typist.type(bytesOf(`${text}\n`)) }
}

describe('the last line', () => {
  it('is sent to clients that watch the list, and changes with the output', async () => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id, print } = await startCat(client)
    await until(() => list.of(session_id)?.last_line === 'ready', 'the first line')
    print('two words  \n\n')
    await until(() => list.of(session_id)?.last_line === 'two words', 'the next line')
  })

  it('is in a list that is requested once', async () => {
    const client = localClient(await startHost())
    const { session_id } = await startCat(client)
    await until(async () => (await client.list())[0]?.last_line === 'ready', 'the line')
    expect((await client.list())[0]).toMatchObject({ session_id, last_line: 'ready' })
  })

  it('stays when the session ends', async () => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id } = await client.create({ command: ['sh', '-c', 'echo done; exit 3'] })
    await until(() => list.of(session_id)?.state === 'exited', 'the end')
    await until(() => list.of(session_id)?.last_line === 'done', 'the line')
    expect((await client.list())[0]).toMatchObject({ session_id, state: 'exited', last_line: 'done' })
  })

  it('is sent about once a second while a session prints continuously', async () => {
    const client = localClient(await startDefaultHost())
    const { session_id } = await client.create({
      command: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01; done'],
    })
    const list = watching(client)
    await until(() => list.of(session_id)?.last_line, 'the first line')
    const [began, before] = [performance.now(), list.pushes.length]
    await until(() => list.pushes.length >= before + 3, 'three pushes')
    expect(performance.now() - began).toBeGreaterThan(1_900)
    const lines = list.pushes.slice(-3).map(([session]) => session?.last_line)
    expect(new Set(lines).size).toBe(3)
    for (const line of lines) expect(line).toMatch(/^line \d+$/)
  })

  it('is sent as far as the screen of a flooding session has parsed', async () => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id } = await client.create({ command: ['yes', 'flooding'] })
    await until(() => list.of(session_id)?.last_line === 'flooding', 'the line')
  })
})

describe('attention', () => {
  it('is needed when a session rings unseen, until a client attaches', async () => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id, print } = await startCat(client)
    const before = Date.now()
    print('\x07')
    await until(() => list.of(session_id)?.attention, 'the mark')
    expect(list.of(session_id)!.attention!.text).toBe('')
    expect(list.of(session_id)!.attention!.at).toBeGreaterThanOrEqual(before)
    expect(list.calls).toEqual([{ type: 'attention', session_id }])
    client.attach(session_id, new Recorder(), { read_only: true })
    await until(() => list.of(session_id)?.attention === null, 'the mark to go')
  })

  it('ends with input, even from a client that does not display the session', async () => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id, print } = await startCat(client)
    print('\x07')
    await until(() => list.of(session_id)?.attention, 'the mark')
    print('yes')
    await until(() => list.of(session_id)?.attention === null, 'the mark to go')
  })

  it.each([
    ['OSC 9', '\x1b]9;Build\x01 done\x07', 'Build done'],
    ['OSC 777', '\x1b]777;notify;Build;done\x1b\\', 'Build: done'],
    ['OSC 99', '\x1b]99;;Build done\x1b\\', 'Build done'],
    ['a very long text', `\x1b]9;${'x'.repeat(999)}\x07`, 'x'.repeat(200)],
  ])('has the text of a notification: %s', async (_what, output, text) => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id, print } = await startCat(client)
    print(output)
    await until(() => list.of(session_id)?.attention, 'the mark')
    expect(list.of(session_id)!.attention).toMatchObject({ text })
    expect(list.calls).toEqual([{ type: 'attention', session_id, text }])
  })

  it('is not caused by progress, or by a BEL that ends a title', async () => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id, print } = await startCat(client)
    print('\x1b]9;4;1;50\x07\x1b]0;title\x07.')
    await until(() => list.of(session_id)?.title === 'title', 'the title')
    await until(() => list.of(session_id)?.last_line === '.', 'what follows')
    expect(list.of(session_id)!.attention).toBeNull()
    expect(list.calls).toEqual([])
  })

  it('is announced but not recorded while a person is at the screen', async () => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id, print } = await startCat(client)
    const terminal = new Recorder()
    client.attach(session_id, terminal)
    await terminal.shows('ready')
    print('\x1b]9;Build done\x07 said.')
    await until(() => list.calls.length > 0, 'the message')
    await until(() => list.of(session_id)?.last_line === 'said.', 'what follows')
    expect(list.calls[0]).toMatchObject({ session_id, text: 'Build done' })
    expect(list.of(session_id)!.attention).toBeNull()
  })

  it('is needed while a session is displayed without a person at the screen, until the person is back', async () => {
    const host = await startHost()
    const client = localClient(host)
    const list = watching(client)
    const { session_id, print } = await startCat(client)
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    await terminal.shows('ready')
    attached.setPresent(false)
    print('\x07')
    await until(() => list.of(session_id)?.attention, 'the mark')
    attached.setPresent(true)
    await until(() => list.of(session_id)?.attention === null, 'the mark to go')
  })

  it('stays when a client without a person at it reconnects', async () => {
    const host = await startHost()
    const list = watching(localClient(host))
    const { session_id, print } = await startCat(localClient(host))
    print('\x07')
    await until(() => list.of(session_id)?.attention, 'the mark')
    const client = localClient(host)
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    attached.setPresent(false)
    await terminal.shows('ready')
    // If the attach had an effect, the host has sent it before this.
    await client.rename(session_id, 'later')
    await until(() => list.of(session_id)?.title === 'later', 'the new name')
    expect(list.of(session_id)!.attention).not.toBeNull()
    attached.setPresent(true)
    await until(() => list.of(session_id)?.attention === null, 'the mark to go')
  })

  it('keeps its text when a bell follows, and sends a text that follows a bell within a second', async () => {
    const client = localClient(await startDefaultHost())
    const list = watching(client)
    // Each step waits for its file, because input would count as presence.
    const folder = temporaryFolder()
    const wait = (name: string) => `while [ ! -e ${join(folder, name)} ]; do sleep 0.01; done`
    const { session_id } = await client.create({
      command: [
        'sh',
        '-c',
        `printf "\\007"; ${wait('say')}; printf "\\033]9;Build done\\007"; ${wait('ring')}; printf "\\007rang."; cat`,
      ],
    })
    await until(() => list.calls.length === 1, 'the bell')
    writeFileSync(join(folder, 'say'), '')
    await until(() => list.of(session_id)?.attention?.text === 'Build done', 'the text')
    writeFileSync(join(folder, 'ring'), '')
    await until(() => list.of(session_id)?.last_line === 'rang.', 'the bell behind it')
    expect(list.of(session_id)?.attention?.text).toBe('Build done')
    await until(() => list.calls.length === 2, 'both messages')
    expect(list.calls.map(({ text }) => text)).toEqual([undefined, 'Build done'])
  })

  it('is recorded once and announced about once a second during a flood', async () => {
    const client = localClient(await startDefaultHost())
    const list = watching(client)
    const { session_id } = await client.create({
      command: ['sh', '-c', 'i=0; while :; do i=$((i+1)); printf "\\033]9;call $i\\007\\007"; sleep 0.01; done'],
    })
    await until(() => list.of(session_id)?.attention, 'the mark')
    const [began, before] = [performance.now(), list.calls.length]
    await until(() => list.calls.length >= before + 3, 'three messages')
    expect(performance.now() - began).toBeGreaterThan(1_900)
  })

  it('is not caused by a replay', async () => {
    const host = await startHost()
    const client = localClient(host)
    const live = watching(client)
    const { session_id, print } = await startCat(client)
    const terminal = new Recorder()
    client.attach(session_id, terminal)
    await terminal.shows('ready')
    print('\x1b]9;Build done\x07 said.')
    await until(() => live.calls.length === 1, 'the message')
    client.close()
    const other = localClient(host)
    const list = watching(other)
    await until(async () => (await other.list())[0]?.clients === 0, 'nobody to be attached')
    const again = new Recorder()
    const attached = other.attach(session_id, again)
    await again.shows('said.')
    other.detach(attached)
    await other.kill(session_id)
    await other.screen(session_id)
    await until(() => list.of(session_id)?.state === 'killed', 'the end')
    expect(list.of(session_id)!.attention).toBeNull()
    expect(list.calls).toEqual([])
  })
})

describe('the viewers', () => {
  it('are devices by name, the desktop, a terminal, a script; each once', async () => {
    const host = await startHost()
    const desk = await approvingDesktop(host)
    const phone = webClient(host, { phone: await newPhone(host, 'Pixel\u202e of Ann') })
    const terminal = localClient(host)
    const desktop = localClient(host, { client: { kind: 'desktop', name: 'window' } })
    const script = localClient(host, { client: { kind: 'script', name: 'backup' } })
    const list = watching(terminal)
    const { session_id } = await terminal.create({ command: CAT })
    for (const client of [phone, phone, terminal, script, desktop]) client.attach(session_id, new Recorder())
    script.attach(session_id, new Recorder(), { window: 0 })
    const watchers = () => list.of(session_id)?.viewers.toSorted() ?? []
    await until(() => list.of(session_id)?.clients === 6, 'all attachments')
    expect(watchers()).toEqual(['Pixel of Ann', 'desktop', 'script', 'terminal'])
    const { devices } = await desk.devices()
    await desk.updateDevice(devices[0]!.device_id, { name: 'Phone' })
    script.close()
    await until(() => watchers().join() === 'Phone,desktop,terminal', 'the new name, and one less')
  })

  it('do not include a client that only types', async () => {
    const client = localClient(await startHost())
    const list = watching(client)
    const { session_id } = await startCat(client)
    await until(() => list.of(session_id)?.clients === 1, 'the attachment')
    expect(list.of(session_id)!.viewers).toEqual([])
  })

  it('are listed for an ended session', async () => {
    const client = localClient(await startHost())
    const { session_id } = await client.create({ command: ['true'] })
    await until(async () => (await client.list())[0]?.state === 'exited', 'the end')
    client.attach(session_id, new Recorder(), { read_only: true })
    await until(async () => (await client.list())[0]?.viewers.join() === 'terminal', 'who looks')
  })
})

describe.runIf(process.platform === 'linux')('the name', () => {
  const start = async (spec: { title?: string } = {}) => {
    const host = await startHost()
    const client = localClient(host)
    const list = watching(client)
    const { session_id } = await client.create({ command: ['bash', '--norc'], ...spec })
    const typist = client.attach(session_id, new Recorder(), { window: 0 })
    const type = (text: string) => typist.type(bytesOf(`${text}\r`))
    const isNamed = (title: string) => until(() => list.of(session_id)?.title === title, title)
    await until(() => list.of(session_id)?.last_line, 'the prompt')
    return { client, list, session_id, typist, type, isNamed }
  }

  it('is the foreground program’s, even if that prints nothing, and the folder when the shell is back', async () => {
    const { typist, type, isNamed } = await start()
    await isNamed('~')
    const titles: string[] = []
    typist.on('title', title => void titles.push(title))
    type('sleep 600')
    await isNamed('sleep')
    expect(titles).toEqual(['sleep'])
    typist.type(bytesOf('\x03'))
    await isNamed('~')
  })

  it('does not include the program’s folder', async () => {
    const { type, isNamed } = await start()
    type('(exec -a "/opt/some tools/odd" sleep 600)')
    await isNamed('some tools/odd')
  })

  it('is the first program of a pipeline', async () => {
    const { type, isNamed } = await start()
    type('sleep 600 | cat')
    await isNamed('sleep')
  })

  it('stays, whatever runs, if a user gave it or a program set it', async () => {
    const { list, session_id, type, isNamed } = await start()
    type("printf '\\033]2;by program\\007'; sleep 600")
    await isNamed('by program')
    const given = await start({ title: 'by hand' })
    given.type('echo run; sleep 600')
    await until(() => given.list.of(given.session_id)?.last_line === 'run', 'the command')
    const { length } = given.list.pushes
    await given.client.rename(given.session_id, 'by another hand')
    await until(() => given.list.pushes.length > length, 'the next list')
    await given.isNamed('by another hand')
    expect(given.list.pushes.flat().map(({ title }) => title)).not.toContain('sleep')
    expect(list.of(session_id)?.title).toBe('by program')
  })

  it('is not kept in the history if it is the foreground program’s', async () => {
    const { client, list, session_id, type, isNamed } = await start()
    type('sleep 600')
    await isNamed('sleep')
    await client.kill(session_id)
    await until(() => list.of(session_id)?.state === 'killed', 'the end')
    expect(list.of(session_id)?.title).toBe('~')
    expect((await client.history.sessions()).sessions[0]).toMatchObject({ session_id, title: '~' })
  })
})

it('a title that only spins is sent once, to lists and to attached clients', async () => {
  const client = localClient(await startHost())
  const { session_id, print } = await startCat(client)
  const titles: string[] = []
  client.attach(session_id, new Recorder()).on('title', title => void titles.push(title))
  const list = watching(client)
  await until(() => list.of(session_id), 'the list')
  for (let frame = 0; frame < 100; frame++) print(`\x1b]0;${String.fromCodePoint(0x2800 + frame)} Fix the test\x07`)
  await until(() => list.of(session_id)?.title === 'Fix the test', 'the first title')
  print('\x1b]0;Done\x07')
  await until(() => list.of(session_id)?.title === 'Done', 'the last title')
  expect(titles).toEqual(['Fix the test', 'Done'])
})

it('shells in one place have different names, with the branch that is checked out there', async () => {
  const client = localClient(await startHost())
  const list = watching(client)
  const cwd = join(temporaryFolder(), 'proj')
  mkdirSync(join(cwd, '.git'), { recursive: true })
  writeFileSync(join(cwd, '.git', 'HEAD'), 'ref: refs/heads/fix/title\n')
  const ids: string[] = []
  for (let n = 0; n < 3; n++) ids.push((await client.create({ command: ['bash', '--norc'], cwd })).session_id)
  const names = () => ids.map(id => list.of(id)?.title)
  const expected = ['proj (fix/title)', 'proj (fix/title) 2', 'proj (fix/title) 3']
  await until(() => names().join() === expected.join(), 'the names')
  expect(ids.map(id => list.of(id)?.branch)).toEqual(['fix/title', 'fix/title', 'fix/title'])
})

describe('the folder', () => {
  const start = async (cwd: string) => {
    const host = await startHost()
    const client = localClient(host)
    const list = watching(client)
    const { session_id } = await client.create({ cwd })
    const typist = client.attach(session_id, new Recorder(), { window: 0 })
    const type = (text: string) => typist.type(bytesOf(`${text}\r`))
    const isAt = (folder: string) => until(() => list.of(session_id)?.cwd === folder, folder)
    return { client, list, session_id, type, isAt }
  }

  it.runIf(process.platform === 'linux')('is the shell’s current one; the history keeps the initial one', async () => {
    const folder = realpathSync(temporaryFolder())
    mkdirSync(join(folder, 'below'))
    const { client, session_id, type, isAt } = await start(folder)
    type('cd below')
    await isAt(join(folder, 'below'))
    await client.rename(session_id, 'named')
    type('exit')
    await isAt(folder)
    const { sessions } = await client.history.sessions()
    expect(sessions[0]).toMatchObject({ session_id, cwd: folder })
  })

  it('is the one that the shell reports by OSC 7, even through a symbolic link, but not from another host', async () => {
    const folder = realpathSync(temporaryFolder())
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    const { list, session_id, type, isAt } = await start(join(folder, 'link'))
    await until(() => list.of(session_id)?.last_line, 'the prompt')
    expect(list.of(session_id)!.cwd).toBe(join(folder, 'link'))
    type(`cd ${join(folder, 'real')}; printf '\\033]7;file://%s\\007' ${join(folder, 'link')}`)
    type("printf '\\033]7;file://elsewhere/far\\007'; echo told.")
    await until(() => list.of(session_id)?.last_line === '$', 'the prompt')
    expect(list.of(session_id)!.cwd).toBe(join(folder, 'link'))
    type("printf '\\033]7;file:///usr\\007'")
    await isAt('/usr')
  })
})
