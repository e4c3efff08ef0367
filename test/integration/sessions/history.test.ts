// Requests about the history of a real host, over every transport and with every permission.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createTerminal, type Terminal } from '../../../main/host/screen/xterm.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { Position } from '../../../protocol/position.ts'
import { WholeCharacters } from '../../../terminal/whole-characters.ts'
import { otg, startCliHost, startSession } from '../../support/cli.ts'
import { buildLog } from '../../support/history.ts'
import {
  approvingDesktop,
  bytesOf,
  cleanUp,
  localClient,
  newPhone,
  nextEvent,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'
import { describeTerminal } from '../../support/terminal/compare-terminals.ts'

afterEach(cleanUp)

/** A file that a session can print. */
function fileOf(content: string | Uint8Array): string {
  const file = join(temporaryFolder(), 'content')
  writeFileSync(file, content)
  return file
}

async function shows(client: LocalClient, session_id: string, what: string): Promise<void> {
  await until(async () => (await client.screen(session_id)).lines.some(line => line.includes(what)), what)
}

async function ended(client: LocalClient, command: string[]): Promise<string> {
  const { session_id } = await client.create({ command })
  await until(async () => (await client.list()).find(one => one.session_id === session_id)?.state === 'exited')
  return session_id
}

/** A player: a terminal that seeks and is fed from there. */
class Player {
  terminal: Terminal | undefined
  readonly #client: LocalClient
  readonly #session_id: string
  #characters = new WholeCharacters()
  #position: Position = { offset: 0, n: 0 }
  holes = 0

  constructor(client: LocalClient, session_id: string) {
    this.#client = client
    this.#session_id = session_id
  }

  async seek(at: number): Promise<void> {
    const moment = await this.#client.history.seek(this.#session_id, { at })
    expect(moment.at).toBeLessThanOrEqual(at)
    this.terminal = createTerminal({ cols: moment.cols, rows: moment.rows, scrollback: 1000 })
    this.#characters = new WholeCharacters()
    this.#write(moment.bytes)
    this.#position = moment.position
  }

  /** Plays up to a time, or to the end. */
  async play(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      const stretch = await this.#client.history.readChunk(this.#session_id, this.#position)
      if (stretch.kind === 'end') return
      if (stretch.kind === 'gap') {
        this.holes++
        this.#position = stretch.to
        continue
      }
      const { bytes, runs, resizes, position } = stretch
      expect(position).toEqual(this.#position)
      let offset = position.offset
      for (let i = 0; i < runs.length; i += 2) {
        if (runs[i]! > until) return
        for (const end = offset + runs[i + 1]!; offset < end; ) {
          const resize = resizes.find(one => one.n > this.#position.n && one.offset <= offset)
          if (resize) {
            this.terminal!.resize(resize.cols, resize.rows)
            this.#position = { offset, n: resize.n }
            continue
          }
          const next = resizes.find(one => one.n > this.#position.n && one.offset < end)
          const to = next ? next.offset : end
          this.#write(bytes.subarray(offset - position.offset, to - position.offset))
          offset = to
          this.#position = { offset, n: this.#position.n }
        }
      }
      for (const { n, cols, rows } of resizes.filter(one => one.n > this.#position.n)) {
        this.terminal!.resize(cols, rows)
        this.#position = { offset, n }
      }
      this.#position = stretch.end
    }
  }

  #write(bytes: Uint8Array): void {
    this.#characters.push(bytes, whole => {
      for (let at = 0; at < whole.length; ) {
        const cut = Math.min(at + 60_000, whole.length)
        let end = cut
        while (end < whole.length && (whole[end]! & 0xc0) === 0x80) end--
        this.terminal!.write(whole.subarray(at, end))
        at = end
      }
    })
  }

  async settled(): Promise<Terminal> {
    await new Promise<void>(resolve => this.terminal!.write('', resolve))
    return this.terminal!
  }
}

const ways = [
  { over: 'a WebSocket', connect: webClient },
  { over: 'the local socket', connect: localClient },
]

describe.each(ways)('a client over $over', ({ connect }) => {
  it('finds what was just printed, and lists and describes the session', async () => {
    const client = connect(await startHost())
    const { session_id } = await client.create({ title: 'my shell', size: { cols: 100, rows: 30 } })
    const attached = client.attach(session_id, new Recorder())
    attached.type(bytesOf('echo nee$((1))dle\r'))
    await shows(client, session_id, 'nee1dle')
    const { hits, complete } = await client.history.search('nee1dle', { context: 1 })
    expect(complete).toBe(true)
    expect(hits).toHaveLength(1)
    const { line, ranges, ...hit } = hits[0]!
    expect(hit).toMatchObject({ session_id, session: { title: 'my shell' } })
    // A prompt may be before it.
    expect(line).toMatch(/nee1dle$/)
    expect(line.slice(...ranges[0]!)).toBe('nee1dle')
    await client.rename(session_id, 'renamed')
    const { sessions, cursor } = await client.history.sessions({ filter: { text: 'RENAMED', state: ['running'] } })
    expect(sessions).toMatchObject([{ session_id, title: 'renamed', state: 'running', clients: 1 }])
    expect(cursor).toBe(null)
    attached.resize(90, 20)
    await until(async () => (await client.history.timeline(session_id, 1)).resizes.length > 0)
    const timeline = await client.history.timeline(session_id, 10)
    expect(timeline.activity).toHaveLength(10)
    expect(timeline.activity.reduce((sum, bytes) => sum + bytes)).toBe(timeline.end.offset)
    expect(timeline.resizes.at(-1)).toMatchObject({ cols: 90, rows: 20 })
    expect(timeline.to).toBeGreaterThanOrEqual(timeline.from)
  })

  it('returns the whole command for one session, and a shortened one in lists', async () => {
    const client = connect(await startHost())
    const command = ['sh', '-c', 'exit', ...Array.from({ length: 20 }, (_, i) => `${i}`.repeat(200))]
    const { session_id } = await client.create({ command })
    await until(async () => (await client.history.sessions({ filter: { state: ['exited'] } })).sessions.length > 0)
    const [listed] = (await client.history.sessions()).sessions
    expect(listed!.command.join(' ').length).toBeLessThan(2000)
    const [whole] = (await client.history.sessions({ filter: { session_id } })).sessions
    expect(whole!.command).toEqual(command)
  })

  it('plays from any time to the same screen that a live viewer saw', async () => {
    const client = connect(await startHost())
    const log = fileOf(buildLog(1_200_000))
    const { session_id } = await client.create({
      command: [
        'sh',
        '-c',
        `cat ${log}; printf "\\033[31m\\n"; read x; cat ${log}; printf "\\033[5;5Hthe end"; read y`,
      ],
      size: { cols: 90, rows: 25 },
    })
    const recorder = new Recorder()
    const attached = client.attach(session_id, recorder, {
      history_bytes: Number.MAX_SAFE_INTEGER,
      catch_up_bytes: Number.MAX_SAFE_INTEGER,
    })
    const size = async () => (await client.history.timeline(session_id, 1)).end.offset
    await until(async () => (await size()) >= 1_200_000, 'the first half')
    attached.resize(70, 20)
    await recorder.shows(/$/)
    attached.type(bytesOf('\r'))
    await shows(client, session_id, 'the end')
    const { to } = await client.history.timeline(session_id, 1)
    const screens: string[] = []
    for (const at of [0, to / 2, to]) {
      const player = new Player(client, session_id)
      await player.seek(at)
      await player.play(at)
      await player.play()
      const terminal = await player.settled()
      const state = describeTerminal(terminal)
      // How much scrollback there is depends on where playback began.
      const lines = Array.from({ length: terminal.rows }, (_, y) =>
        terminal.buffer.active.getLine(terminal.buffer.active.baseY + y)?.translateToString(true),
      )
      expect([terminal.cols, terminal.rows]).toEqual([70, 20])
      expect(lines.map(line => line?.trimEnd())).toEqual((await client.screen(session_id)).lines)
      screens.push(JSON.stringify([lines, state.x, state.y]))
      expect(player.holes).toBe(0)
    }
    expect(new Set(screens).size).toBe(1)
  })

  it('exports in every format, and keeps marks', async () => {
    const client = connect(await startHost())
    const log = buildLog(400_000)
    const session_id = await ended(client, [
      'sh',
      '-c',
      `stty -opost; cat ${fileOf(log)}; printf 'token=abcdef123456\\r\\n'`,
    ])
    const mark = await client.history.mark(session_id, { offset: 250_000 }, '  half\nway ')
    expect(mark).toMatchObject({ offset: 250_000, label: 'half way' })
    expect((await client.history.timeline(session_id, 1)).marks).toEqual([mark])
    const exported = async (format: 'cast' | 'cast3' | 'txt' | 'html' | 'raw') => {
      const parts: Uint8Array[] = []
      const taken = await client.history.export(session_id, { format, redact: { secrets: true } }, async part => {
        await new Promise(resolve => setImmediate(resolve))
        parts.push(part.slice())
      })
      const all = Buffer.concat(parts)
      expect(all.length).toBe(taken.bytes)
      expect(taken.redacted).toBeGreaterThan(0)
      return all.toString()
    }
    expect(await exported('raw')).toBe(`${log}token=${'█'.repeat(12)}\r\n`)
    expect(await exported('cast')).toContain('"half way"]')
    expect(await exported('cast3')).toContain('"x","0"]')
    expect(await exported('txt')).toMatch(/token=█{12}\n$/)
    expect(await exported('html')).toContain(`token=${'█'.repeat(12)}\n</pre>`)
    await client.history.unmark(session_id, mark.mark_id)
    await expect(client.history.unmark(session_id, mark.mark_id)).rejects.toMatchObject({ code: 'mark_unknown' })
  })

  it('deletes an ended session for every client at once', async () => {
    const host = await startHost()
    const client = connect(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'echo needle; read x'] })
    await shows(client, session_id, 'needle')
    await expect(client.history.delete(session_id)).rejects.toMatchObject({ code: 'session_running' })
    await client.kill(session_id)
    const looker = localClient(host)
    const attached = looker.attach(session_id, new Recorder(), { read_only: true })
    await nextEvent(attached, 'caught_up')
    const failed = nextEvent(attached, 'failed')
    await expect(client.history.delete(session_id.slice(0, 8))).rejects.toMatchObject({ code: 'session_unknown' })
    await client.history.delete(session_id)
    expect(await failed).toMatchObject({ code: 'session_unknown' })
    expect((await client.history.sessions()).sessions).toEqual([])
    expect(await client.list()).toEqual([])
    expect((await client.history.search('needle')).hits).toEqual([])
    await expect(client.screen(session_id)).rejects.toMatchObject({ code: 'session_unknown' })
    await expect(client.history.delete(session_id)).rejects.toMatchObject({ code: 'session_unknown' })
  })

  it('rejects invalid requests with an error code', async () => {
    const { history } = connect(await startHost())
    const unknown = 'no-such-session'
    const refused = [
      history.timeline(unknown, 10),
      history.seek(unknown, { at: 0 }),
      history.readChunk(unknown, { offset: 0, n: 0 }),
      history.mark(unknown, { at: 0 }, 'x'),
      history.export(unknown, { format: 'txt' }, () => {}),
      history.delete(unknown),
    ]
    await Promise.all(refused.map(one => expect(one).rejects.toMatchObject({ code: 'session_unknown' })))
    for (const one of [history.timeline('x', 0), history.search('x', { limit: 0 }), history.search('x'.repeat(20_000))])
      await expect(one).rejects.toMatchObject({ code: 'bad_message' })
  })
})

it('a read-only device searches, plays and exports, and changes nothing', async () => {
  const host = await startHost()
  const desktop = localClient(host)
  const session_id = await ended(desktop, ['echo', 'needle'])
  const mark = await desktop.history.mark(session_id, { at: 0 }, 'start')
  const phone = await newPhone(host)
  const desk = await approvingDesktop(host)
  const { devices } = await desk.devices()
  await desk.updateDevice(devices[0]!.device_id, { read_only: true })
  const client = webClient(host, { phone })
  const { history } = client
  expect((await history.search('needle')).hits).toHaveLength(1)
  expect((await history.sessions()).sessions).toHaveLength(1)
  expect((await history.timeline(session_id, 1)).marks).toEqual([mark])
  const { position } = await history.seek(session_id, { at: 0 })
  expect(await history.readChunk(session_id, position)).toMatchObject({
    kind: 'output',
    bytes: bytesOf('needle\r\n'),
  })
  await expect(history.export(session_id, { format: 'raw' }, () => {})).resolves.toMatchObject({ bytes: 8 })
  for (const refused of [
    history.mark(session_id, { at: 0 }, 'mine'),
    history.unmark(session_id, mark.mark_id),
    history.delete(session_id),
    client.rename(session_id, 'mine'),
  ])
    await expect(refused).rejects.toMatchObject({ code: 'device_read_only' })
  expect((await desktop.history.timeline(session_id, 1)).marks).toEqual([mark])
})

it('an export ends when it is canceled or its client disconnects', async () => {
  const host = await startHost()
  const client = webClient(host)
  const session_id = await ended(client, ['cat', fileOf(buildLog(4_000_000))])
  const stop = new AbortController()
  const progress: number[] = []
  await expect(
    client.history.export(
      session_id,
      { format: 'html', signal: stop.signal, progress: done => progress.push(done) },
      () => stop.abort(),
    ),
  ).rejects.toMatchObject({ code: 'cancelled' })
  await expect(
    client.history.export(session_id, { format: 'raw' }, () => {
      throw new Error('the disk is full')
    }),
  ).rejects.toThrow('the disk is full')
  // As many exports as the host runs at once, of a client that takes no chunk and disconnects.
  for (let i = 0; i < 3; i++) {
    const gone = webClient(host)
    const waiting = gone.history.export(session_id, { format: 'raw' }, () => new Promise(() => {}))
    waiting.catch(() => {})
    await until(() => gone.state.name === 'ready')
    await gone.list()
    gone.close()
    await expect(waiting).rejects.toBeInstanceOf(Error)
  }
  await until(async () => {
    const { bytes } = await client.history.export(session_id, { format: 'raw' }, () => {}).catch(() => ({ bytes: 0 }))
    return bytes > 4_000_000
  }, 'room for another export')
})

describe('otg', () => {
  it('lists, searches, exports and deletes', async () => {
    const host = await startCliHost()
    const { dataDir } = host
    const running = await startSession(dataDir, ['sh', '-c', 'echo running needle; read x'])
    const id = await startSession(dataDir, [
      'sh',
      '-c',
      'echo before; printf "the \\033[31mneedle\\033[m\\n"; echo after',
    ])
    const list = async (...args: string[]) => (await otg(dataDir, ['history', '--json', ...args])).json()
    await until(async () => (await list('--state', 'exited')).length === 1)
    expect((await list()).map(({ session_id }) => session_id)).toEqual([id, running])
    expect(await list('--before', '2020-01-01')).toEqual([])
    expect(await list('--command', 'after', '--after', '1h')).toMatchObject([{ session_id: id }])
    const table = await otg(dataDir, ['history', '--limit', '1'])
    expect(table.stdout).toMatch(/^ID +STATE +STARTED +DURATION +OUTPUT +TITLE +COMMAND\n[0-9a-f]{8} +exited 0 /)
    expect(table.stderr).toContain('there are more')

    const found = await otg(dataDir, ['search', 'THE', 'needle', '--json'])
    expect(found.json()).toMatchObject([
      {
        session_id: id,
        line: 'the needle',
        before: ['before'],
        after: ['after'],
        ranges: [
          [0, 3],
          [4, 10],
        ],
      },
    ])
    expect((await otg(dataDir, ['search', 'needle', '--session', running.slice(0, 8)])).stdout).toContain(
      '  > running needle\n',
    )
    expect(await otg(dataDir, ['search', 'nothing-like-that'])).toMatchObject({ code: 1, stdout: '' })
    expect(await otg(dataDir, ['search', '"'])).toMatchObject({ code: 1 })

    expect((await otg(dataDir, ['export', id.slice(0, 8)])).stdout).toBe('before\nthe needle\nafter\n')
    const file = join(temporaryFolder(), 'a.cast')
    const exported = await otg(dataDir, ['export', id, '-o', file, '--redact', 'need', '--redact', 'after', '--json'])
    expect(exported.json()).toMatchObject([{ file, format: 'cast', redacted: 4 }])
    expect(readFileSync(file, 'utf8')).toContain('████')
    expect(readFileSync(file, 'utf8')).not.toContain('needle')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const wrong = join(temporaryFolder(), 'b.txt')
    const refused = await otg(dataDir, ['export', id, '-o', wrong, '--redact', '(', '--json'])
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.error()).toMatchObject({ code: 'pattern_invalid' })
    expect(readdirSync(dirname(wrong))).toEqual([])

    expect((await otg(dataDir, ['delete', id])).code).toBe(2)
    const both = await otg(dataDir, ['delete', '--yes', '--json', id.slice(0, 8), running])
    expect(both).toMatchObject({ code: 1 })
    expect(both.json()).toEqual([{ session_id: id, deleted: true }])
    expect(both.error()).toMatchObject({ code: 'session_running' })
    expect((await list()).map(({ session_id }) => session_id)).toEqual([running])
  })

  it('reports what it does not understand', async () => {
    const host = await startCliHost()
    for (const [args, words] of [
      [['search'], /needs QUERY/],
      [['history', '--after', 'soon'], /--after takes a time/],
      [['history', '--state', 'alive'], /--state takes running/],
      [['export', 'x', '--format', 'mp4'], /--format takes cast/],
      [['export', 'x', '--from', 'now'], /--from takes seconds/],
    ] as [string[], RegExp][]) {
      const { code, stderr } = await otg(host.dataDir, args)
      expect(code).toBe(2)
      expect(stderr).toMatch(words)
    }
  })
})
