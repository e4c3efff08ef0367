// The commands with which scripts and agents supervise sessions: otg ls --state, wait, answer and watch.
import { afterEach, describe, expect, it } from 'vitest'
import type { Output } from '../../../main/cli/command/output.ts'
import { lines } from '../../../main/cli/commands/ls.ts'
import { ChangePrinter } from '../../../main/cli/commands/watch.ts'
import type { Activity } from '../../../protocol/messages.ts'
import { askingProgram, programNamed } from '../../support/agents/asking-program.ts'
import {
  endSession,
  OuterTerminal,
  otg,
  screenOf,
  sessions,
  start,
  startCliHost,
  startSession,
} from '../../support/cli.ts'
import { sessionInfo } from '../../support/history.ts'
import { cleanUp, until } from '../../support/host.ts'

afterEach(cleanUp)

const ASKS_ONCE = 'ask "make test"; key; work "got $key"; key; finish "all green"; key'

/** A host with a session whose program asks whether it may run `make test`. */
async function askingHost(body = ASKS_ONCE) {
  const { dataDir } = await startCliHost()
  const id = await startSession(dataDir, [askingProgram(body)])
  await becomes(dataDir, id, 'blocked')
  return { dataDir, id }
}

async function becomes(dataDir: string, id: string, state: string): Promise<void> {
  await until(
    async () => (await sessions(dataDir)).find(one => one.session_id === id)?.activity?.state === state,
    `the session to be ${state}`,
  )
}

describe('otg ls', () => {
  it('shows what each program does, the question of a blocked one, and only those with a state', async () => {
    const { dataDir, id } = await askingHost()
    const shell = await startSession(dataDir, ['sh'])
    const all = (await otg(dataDir, ['ls'])).stdout
    expect(all).toMatch(/^ID +STATE +ACTIVITY +AGE/)
    expect(all).toMatch(new RegExp(`${id.slice(0, 8)} +running ! +blocked .* Do you want to proceed\\?\n`))
    expect(all).toMatch(new RegExp(`${shell.slice(0, 8)} +running +\\d+s`))
    const blocked = await otg(dataDir, ['ls', '--json', '--state', 'done,blocked', '--state', 'idle'])
    expect(blocked.json()).toMatchObject([{ session_id: id, activity: { state: 'blocked' } }])
    expect(await otg(dataDir, ['ls', '--state', 'working'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'no sessions that are working\n',
    })
    expect(await otg(dataDir, ['ls', '--state', 'busy'])).toMatchObject({
      code: 2,
      stderr: 'otg: --state takes working, blocked, done, idle, not busy; see: otg ls --help\n',
    })
  })

  it('leaves room for the question in 80 columns', () => {
    const activity = { state: 'blocked', question: { text: 'Do you want to proceed?' } } as Activity
    const rows = [
      sessionInfo({
        session_id: '1234567890',
        created_at: 0,
        title: 'A title that is rather long',
        clients: 1,
        activity,
      }),
      sessionInfo({ session_id: '2234567890', created_at: 0, title: 'sh', last_line: '$ ' }),
    ]
    expect(lines(rows, rows, 80, 60_000)).toEqual([
      'ID        STATE       ACTIVITY  AGE  TITLE                   LAST LINE',
      '12345678  attached 1  blocked   1m   A title that is rathe…  Do you want to pro…',
      '22345678  running               1m   sh                      $',
    ])
  })
})

describe('otg answer', () => {
  it('shows the question, and answers by yes, by key and by the beginning of a label', async () => {
    const { dataDir, id } = await askingHost('for n in 1 2 3; do ask "make $n"; key; work "got $key"; key; done')
    const shown = await otg(dataDir, ['answer', id.slice(0, 8)])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toBe(
      '  Bash command\n  make 1\nDo you want to proceed?\n  1  Yes\n  2  Yes, and don’t ask again\n  3  No\n',
    )
    for (const [word, key] of [
      ['yes', '1'],
      ['3', '3'],
      ['Yes, and', '2'],
    ] as const) {
      await becomes(dataDir, id, 'blocked')
      expect(await otg(dataDir, ['answer', id, word])).toMatchObject({ code: 0, stdout: '', stderr: '' })
      await until(async () => (await screenOf(dataDir, id)).includes(`got ${key}`), 'the key')
      await otg(dataDir, ['send', id, 'x'])
    }
  })

  it('types nothing and says why when nothing is asked, or no option is meant', async () => {
    const { dataDir, id } = await askingHost()
    const unknown = await otg(dataDir, ['answer', id, 'maybe', '--json'])
    expect(unknown.code).toBe(1)
    expect(unknown.error()).toEqual({
      code: 'option_unknown',
      message: 'maybe is none of its options:\n  1  Yes\n  2  Yes, and don’t ask again\n  3  No',
    })
    const other = await otg(dataDir, ['answer', id, 'yes', '--question', 'other', '--json'])
    expect(other.error().code).toBe('question_changed')
    expect(other.error().message).toMatch(/^the program asks something else now:\n {2}Bash command\n {2}make test\n/)
    expect((await otg(dataDir, ['answer', id, 'ye', '--json'])).error()).toMatchObject({ code: 'option_unknown' })
    expect(await screenOf(dataDir, id)).toContain('Do you want to proceed?')
    const shell = await startSession(dataDir, ['sh'])
    expect((await otg(dataDir, ['answer', shell, 'yes', '--json'])).error().code).toBe('question_gone')
    expect((await otg(dataDir, ['answer', 'nothing', '--json'])).error().code).toBe('session_unknown')
  })
})

describe('a password', () => {
  const PROGRAM = `#!/bin/bash
printf '[sudo] password for me: '; read -rs password; echo; echo "got \${#password} characters"; read -r`

  it('is read from standard input, and never from the command line', async () => {
    const { dataDir } = await startCliHost()
    const id = await startSession(dataDir, [programNamed('sudo', PROGRAM)])
    await becomes(dataDir, id, 'blocked')
    expect(await otg(dataDir, ['answer', id, '--text', 'secret'])).toMatchObject({
      code: 2,
      stderr: 'otg: a password is not taken from the command line; use --text -; see: otg answer --help\n',
    })
    expect((await otg(dataDir, ['answer', id, '--text', '-'])).code).toBe(2)
    expect(await otg(dataDir, ['answer', id, '--text', '-'], { input: 'open sesame\n' })).toMatchObject({ code: 0 })
    await until(async () => (await screenOf(dataDir, id)).includes('got 11 characters'), 'the password')
  })

  it('is not shown while it is typed on a terminal', async () => {
    const { dataDir } = await startCliHost()
    const id = await startSession(dataDir, [programNamed('sudo', PROGRAM)])
    await becomes(dataDir, id, 'blocked')
    const outer = new OuterTerminal(dataDir, `$otg answer ${id} --text -; echo "code $?"`)
    await outer.shows('[sudo] password for me:')
    outer.type('open sesame\r')
    await outer.shows('code 0')
    expect(outer.raw).not.toContain('sesame')
    await until(async () => (await screenOf(dataDir, id)).includes('got 11 characters'), 'the password')
  })
})

describe('otg wait', () => {
  it('returns at once when it is so, and later when it becomes so', async () => {
    const { dataDir, id } = await askingHost()
    const asked = await otg(dataDir, ['wait', id, '--json'])
    expect(asked).toMatchObject({ code: 0 })
    expect(asked.json()).toMatchObject([
      { session_id: id, state: 'blocked', question: { options: [{ key: '1' }, {}, {}] } },
    ])
    expect((await otg(dataDir, ['wait', id, '--for', 'blocked'])).stdout).toMatch(/^blocked\n {2}Bash command\n/)
    const waiting = start(dataDir, ['wait', id.slice(0, 8), '--for', 'done,ended'])
    await otg(dataDir, ['answer', id, 'yes'])
    await becomes(dataDir, id, 'working')
    expect(waiting.child.exitCode).toBe(null)
    await otg(dataDir, ['send', id, 'x'])
    expect(await waiting.finished).toMatchObject({ code: 0, stdout: 'done\n' })
  })

  it('exits with 124 after the timeout, and with 3 when the session ended first', async () => {
    const { dataDir, id } = await askingHost()
    const late = await otg(dataDir, ['wait', id, '--for', 'done', '--timeout', '0.2', '--json'])
    expect(late).toMatchObject({ code: 124 })
    expect(late.json()).toMatchObject([{ state: 'blocked' }])
    const waiting = start(dataDir, ['wait', id, '--for', 'done'])
    const ending = start(dataDir, ['wait', id, '--for', 'ended'])
    await endSession(dataDir, id)
    expect(await waiting.finished).toMatchObject({ code: 3, stdout: 'ended\n' })
    expect(await ending.finished).toMatchObject({ code: 0, stdout: 'ended\n' })
    expect(await otg(dataDir, ['wait', id, '--for', 'lunch'])).toMatchObject({ code: 2 })
  })
})

describe('otg watch', () => {
  it('prints the present state and each change, and ends with the sessions that it was told to watch', async () => {
    const { dataDir, id } = await askingHost()
    const watching = start(dataDir, ['watch', '--json', id])
    const events = () =>
      watching
        .stdout()
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line) as Record<string, unknown>)
    await until(() => events().length > 0, 'the present state')
    expect(events()[0]).toMatchObject({ event: 'present', session_id: id, state: 'blocked', title: 'Claude Code' })
    expect(events()[0]!.question).toMatchObject({ text: 'Do you want to proceed?' })
    await startSession(dataDir, ['sh'])
    await otg(dataDir, ['answer', id, 'yes'])
    await until(() => events().length > 1, 'work')
    await otg(dataDir, ['send', id, 'x'])
    await until(() => events().length > 2, 'the end of the work')
    await endSession(dataDir, id)
    expect(await watching.finished).toMatchObject({ code: 0, stderr: '' })
    expect(events().map(({ event, state }) => [event, state])).toEqual([
      ['present', 'blocked'],
      ['changed', 'working'],
      ['changed', 'done'],
      ['ended', 'ended'],
    ])
    expect(events().every(({ at }) => typeof at === 'number')).toBe(true)
  })

  it('exits with 130 after Ctrl-C, 141 when its reader is gone, and 1 when the host stops', async () => {
    const host = await startCliHost()
    const { dataDir } = host
    await startSession(dataDir, ['sh'])
    const watching = () => start(dataDir, ['watch'])
    const [interrupted, unread, stopped] = [watching(), watching(), watching()]
    for (const one of [interrupted, unread, stopped]) await until(() => one.stdout().includes('\n'), 'the first line')
    interrupted.child.kill('SIGINT')
    expect(await interrupted.finished).toMatchObject({ code: 130, stderr: '' })
    unread.child.stdout!.destroy()
    await startSession(dataDir, ['sh'])
    expect(await unread.finished).toMatchObject({ code: 141 })
    host.child.kill('SIGTERM')
    expect(await stopped.finished).toMatchObject({ code: 1, stderr: 'otg: the host is stopping\n' })
    expect(stopped.stdout()).toMatch(/^\d\d:\d\d:\d\d {2}[0-9a-f]{8} {2}running {2}~\n/)
  })

  it('prints what changed meanwhile as one change when a slow reader has read', () => {
    const events: object[] = []
    const reader = { writableLength: 0, once: (_event: string, listener: () => void) => drained.push(listener) }
    const drained: (() => void)[] = []
    const output = { json: (event: object) => events.push(event) } as unknown as Output
    const printer = new ChangePrinter({ json: true, output }, new Set(), () => {}, reader)
    const of = (state: string, question_id?: string) =>
      sessionInfo({
        session_id: '1234567890',
        activity: { state, question: question_id ? { question_id } : null } as Activity,
      })
    printer.show([of('working')])
    reader.writableLength = 1_000_000
    for (let n = 0; n < 1000; n++) printer.show([of('blocked', `${n}`), sessionInfo({ session_id: `gone${n}` })])
    printer.show([of('done')])
    expect(events).toHaveLength(1)
    expect(drained).toHaveLength(1)
    reader.writableLength = 0
    drained[0]!()
    expect(events).toMatchObject([
      { event: 'present', state: 'working' },
      { event: 'changed', state: 'done' },
    ])
  })
})
