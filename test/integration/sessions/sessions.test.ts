import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import {
  bytesOf,
  cleanUp,
  localClient,
  nextEvent,
  Recorder,
  sharedHost,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

const transports = [
  { over: 'a WebSocket', connect: webClient },
  { over: 'the local socket', connect: localClient },
]

describe.each(transports)('a client over $over', ({ connect }) => {
  it('starts a shell, types into it and reads what it prints', async () => {
    const client = connect(await startHost())
    const { session_id } = await client.create({})
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    attached.type(bytesOf('echo $((40 + 2))-$TERM_PROGRAM\r'))
    await terminal.shows('42-on-the-go')
  })

  it('runs a command with its arguments in its folder and reports its exit code', async () => {
    const folder = temporaryFolder()
    const client = connect(await startHost())
    const { session_id } = await client.create({
      command: ['sh', '-c', 'pwd; stty size; exit 7'],
      cwd: folder,
      size: { cols: 91, rows: 17 },
    })
    const terminal = new Recorder()
    const exit = await nextEvent(client.attach(session_id, terminal), 'exit')
    expect(exit).toMatchObject({ state: 'exited', exit_code: 7, signal: null })
    expect(terminal.text).toContain(folder)
    expect(terminal.text).toContain('17 91')
  })

  it('passes a resize to the program, and sends it to every client at its position in the output', async () => {
    const client = connect(await startHost())
    const { session_id } = await client.create({
      command: ['sh', '-c', 'trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done'],
    })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    await terminal.shows('ready')
    attached.resize(101, 31)
    await terminal.shows('31 101')
    expect(terminal.events).toContain('resize 101x31')
  })

  it('sends a large paste as one unit, complete and in order', async () => {
    const client = connect(await startHost())
    const { session_id } = await client.create({
      command: ['sh', '-c', 'stty raw -echo; echo ready; head -c 400000 | sha256sum; cat'],
    })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    await terminal.shows('ready')
    const paste = Buffer.alloc(400_000, 'the quick brown fox ')
    attached.type(paste)
    await terminal.shows(createHash('sha256').update(paste).digest('hex'))
  })

  it('carries a megabyte of output without losing or changing a byte', async () => {
    const client = connect(await startHost())
    const { session_id } = await client.create({
      command: ['sh', '-c', 'stty -opost; read go; seq 1 150000; echo end'],
    })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    await nextEvent(attached, 'caught_up')
    attached.type(bytesOf('go\n'))
    await terminal.shows(/end\n$/)
    const expected = `${Array.from({ length: 150_000 }, (_, i) => i + 1).join('\n')}\nend\n`
    expect(terminal.text.slice(terminal.text.indexOf('1\n2\n'))).toBe(expected)
  })

  it('returns the current screen as plain text', async () => {
    const client = connect(await startHost())
    const { session_id } = await client.create({
      command: ['sh', '-c', 'printf "\\033[2J\\033[3;5Hhere \\033[1mbold\\033[m"; exec cat'],
    })
    await until(async () => (await client.screen(session_id)).lines[2] === '    here bold', 'the text on line 3')
  })

  it('ends a session on request, with everything that runs in it', async () => {
    const client = connect(await startHost({ timing: { kill_after_ms: 200 } }))
    const { session_id } = await client.create({
      command: ['sh', '-c', 'trap "" HUP; sleep 1000 & echo child $!; wait'],
    })
    const terminal = new Recorder()
    const exited = nextEvent(client.attach(session_id, terminal), 'exit')
    await terminal.shows(/child \d+/)
    const child = Number(/child (\d+)/.exec(terminal.text)![1])
    await client.kill(session_id)
    expect(await exited).toMatchObject({ state: 'killed' })
    await until(() => !isAlive(child), 'the child to be gone')
  })

  describe('bad requests', () => {
    const host = sharedHost()
    const cases: [string, string, (client: LocalClient) => Promise<unknown>][] = [
      ['an unknown session', 'session_unknown', client => client.screen('nobody')],
      [
        'a command that does not exist',
        'command_not_found',
        client => client.create({ command: ['no-such-command-x'] }),
      ],
      ['a path that is not a program', 'command_not_found', client => client.create({ command: ['/etc/passwd'] })],
      ['a folder that does not exist', 'cwd_not_found', client => client.create({ cwd: '/no/such/folder' })],
      ['a file instead of a folder', 'cwd_not_found', client => client.create({ cwd: '/etc/passwd' })],
      ['0 columns', 'size_invalid', client => client.create({ size: { cols: 0, rows: 24 } })],
      ['100,000 columns', 'size_invalid', client => client.create({ size: { cols: 100_000, rows: 24 } })],
      ['half a column', 'size_invalid', client => client.create({ size: { cols: 80.5, rows: 24 } })],
      ['an empty command', 'bad_message', client => client.create({ command: [] })],
      ['killing an unknown session', 'session_unknown', client => client.kill('nobody')],
    ]
    it.each(cases)('are rejected with a code and do no harm: %s (%s)', async (_what, code, ask) => {
      const client = connect(host())
      await expect(ask(client)).rejects.toMatchObject({ code })
      expect(await client.list()).toEqual([])
    })

    it('are rejected for a resize to 0 columns (size_invalid), and the session keeps its size', async () => {
      const client = connect(await startHost())
      const { session_id } = await client.create({ size: { cols: 80, rows: 24 } })
      const attached = client.attach(session_id, new Recorder())
      await nextEvent(attached, 'caught_up')
      const failed = nextEvent(attached, 'error')
      attached.resize(0, 24)
      expect(await failed).toMatchObject({ code: 'size_invalid' })
      expect((await client.list())[0]).toMatchObject({ cols: 80, rows: 24 })
    })

    it('fail only the attachment for an unknown id (session_unknown)', async () => {
      const client = connect(host())
      const failed = await nextEvent(client.attach('nobody', new Recorder()), 'failed')
      expect(failed.code).toBe('session_unknown')
    })
  })
})

it('finds a session by a unique prefix of its id and rejects an ambiguous one', async () => {
  const client = localClient(await startHost())
  const ids: string[] = []
  for (let i = 0; i < 17; i++) ids.push((await client.create({ command: ['cat'] })).session_id)
  expect((await client.screen(ids[3]!.slice(0, 13))).session_id).toBe(ids[3])
  // Of seventeen ids, two begin with the same of sixteen digits.
  const shared = [...'0123456789abcdef'].find(digit => ids.filter(id => id.startsWith(digit)).length > 1)!
  await expect(client.screen(shared)).rejects.toMatchObject({ code: 'session_ambiguous' })
})

it('tells clients that watch when sessions start, change and end', async () => {
  const host = await startHost()
  const watcher = webClient(host)
  const seen: string[] = []
  watcher.on('sessions', list => seen.push(list.map(session => `${session.title} ${session.state}`).join()))
  watcher.watch()
  const client = localClient(host)
  const { session_id } = await client.create({ command: ['cat'], title: 'first' })
  await until(() => seen.at(-1) === 'first running', 'the new session')
  await client.rename(session_id, 'second')
  await until(() => seen.at(-1) === 'second running', 'the new name')
  await client.kill(session_id)
  await until(() => seen.at(-1) === 'second killed', 'the end')
})

it('sends two clients the same bytes, and each sees what the other types', async () => {
  const host = await startHost()
  const desk = localClient(host)
  const phone = webClient(host)
  const { session_id } = await desk.create({ command: ['sh', '-c', 'stty -echo; exec cat'] })
  const [left, right] = [new Recorder(), new Recorder()]
  const typing = desk.attach(session_id, left)
  const looking = phone.attach(session_id, right)
  await Promise.all([nextEvent(typing, 'caught_up'), nextEvent(looking, 'caught_up')])
  typing.type(bytesOf('from the desk\n'))
  await Promise.all([left.shows('from the desk\r\n'), right.shows('from the desk\r\n')])
  looking.type(bytesOf('from the phone\n'))
  await Promise.all([left.shows('from the phone\r\n'), right.shows('from the phone\r\n')])
  expect(typing.have).toEqual(looking.have)
})

it('case 24 (attachments): a read-only attachment can neither type nor resize', async () => {
  const client = webClient(await startHost())
  const { session_id } = await client.create({ command: ['cat'], size: { cols: 80, rows: 24 } })
  const attached = client.attach(session_id, new Recorder(), { read_only: true })
  await nextEvent(attached, 'caught_up')
  expect(() => attached.type(bytesOf('x'))).toThrow(expect.objectContaining({ code: 'read_only' }))
  attached.resize(120, 40)
  await nextEvent(attached, 'error')
  expect((await client.list())[0]).toMatchObject({ cols: 80, rows: 24 })
})

it('sends a phone that attaches later the current screen, then live output', async () => {
  const host = await startHost()
  const client = localClient(host)
  const { session_id } = await client.create({
    command: ['sh', '-c', 'printf "\\033[31mred\\033[m plain\\r\\n"; exec cat'],
  })
  await until(async () => (await client.screen(session_id)).lines[0] === 'red plain')
  const terminal = new Recorder()
  const attached = webClient(host).attach(session_id, terminal)
  await nextEvent(attached, 'caught_up')
  expect(terminal.events[0]).toMatch(/resize 80x24|reset 80x24/)
  expect(terminal.text).toMatch(/\[(0;)?31mred/)
  attached.type(bytesOf('more\n'))
  await terminal.shows('more')
})

it('answers a terminal query once, with no client and with three', async () => {
  const host = await startHost()
  const client = localClient(host)
  const script =
    'stty raw -echo; printf "\\033[c"; head -c 7 | od -An -c; printf "\\r\\033[6n"; head -c 6 | od -An -c; exec cat'
  for (const attachments of [0, 3]) {
    const { session_id } = await client.create({ command: ['sh', '-c', `read go; ${script}`] })
    for (let i = 0; i < attachments; i++)
      await nextEvent(webClient(host).attach(session_id, new Recorder()), 'caught_up')
    const typing = client.attach(session_id, new Recorder(), { window: 0 })
    typing.type(bytesOf('go\n'))
    await until(async () => {
      const text = (await client.screen(session_id)).lines.join('\n')
      return /033 +\[ +\? +1/.test(text) && /033 +\[ +\d+ +; +\d+ +R/.test(text)
    }, 'both answers')
  }
})

it('continues when a program never reads its input', async () => {
  const client = localClient(await startHost())
  const { session_id } = await client.create({ command: ['sh', '-c', 'stty raw -echo; echo ready; sleep 1000'] })
  const terminal = new Recorder()
  const attached = client.attach(session_id, terminal)
  await terminal.shows('ready')
  attached.type(new Uint8Array(1_000_000).fill(65))
  const before = process.cpuUsage()
  expect(await client.list()).toHaveLength(1)
  expect(process.cpuUsage(before).user).toBeLessThan(1e9)
  await client.kill(session_id)
})

it('keeps a session’s shell running when its clients leave', async () => {
  const host = await startHost()
  const first = webClient(host)
  const { session_id } = await first.create({})
  const terminal = new Recorder()
  const attached = first.attach(session_id, terminal)
  attached.type(bytesOf('marker=still-here\r'))
  await terminal.shows('marker=still-here')
  first.close()
  const again = new Recorder()
  const second = webClient(host).attach(session_id, again)
  second.type(bytesOf('echo $marker\r'))
  await again.shows('still-here\r\n')
})

it('gives a session an environment without variables about the host’s surroundings', async () => {
  const host = await startHost({
    env: {
      PATH: '/x/node_modules/.bin:/usr/bin:/bin',
      npm_lifecycle_event: 'start',
      npm_config_x: '1',
      ELECTRON_RUN_AS_NODE: '1',
      OTG_DATA_DIR: '/secret',
      TMUX: 'a',
      KEPT: 'yes',
    },
  })
  const client = localClient(host)
  const { session_id } = await client.create({ command: ['env'] })
  const terminal = new Recorder()
  await nextEvent(client.attach(session_id, terminal), 'exit')
  expect(terminal.text).toContain('KEPT=yes')
  expect(terminal.text).toContain('PATH=/usr/bin:/bin\r')
  expect(terminal.text).toContain('TERM=xterm-256color')
  expect(terminal.text).not.toMatch(/npm_|ELECTRON|\/secret|TMUX/)
  // Its own host's, which is where otg in the session connects to.
  expect(terminal.text).toContain(`OTG_DATA_DIR=${host.dataDir}\r`)
})

it('starts sessions in the home folder, or in the requested one', async () => {
  const home = join(temporaryFolder(), 'home')
  mkdirSync(home)
  const client = localClient(await startHost({ home }))
  const { session_id } = await client.create({ command: ['pwd'] })
  const terminal = new Recorder()
  await nextEvent(client.attach(session_id, terminal), 'exit')
  expect(terminal.text).toContain(home)
  // As users type it where no shell expands it.
  mkdirSync(join(home, 'project'))
  expect((await client.create({ command: ['pwd'], cwd: '~' })).cwd).toBe(home)
  expect((await client.create({ command: ['pwd'], cwd: '~/project' })).cwd).toBe(join(home, 'project'))
  await expect(client.create({ command: ['pwd'], cwd: '~project' })).rejects.toMatchObject({ code: 'cwd_not_found' })
  rmSync(home, { recursive: true })
  await expect(client.create({ command: ['pwd'] })).rejects.toMatchObject({ code: 'cwd_not_found' })
  expect((await client.create({ command: ['pwd'], cwd: tmpdir() })).cwd).toBe(tmpdir())
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
