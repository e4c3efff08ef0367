// The otg command inside a real terminal: what it shows, and the state of the terminal afterwards.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  endSession,
  environment,
  expectRestored,
  isAlive,
  OTG,
  OuterTerminal,
  printingSettings,
  screenOf,
  sessions,
  startCliHost,
  startSession,
} from '../../support/cli.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../../support/host.ts'

let folder: string
const DETACH = '\x1cd'

// One shared host, because sessions are independent. Tests that stop a host start their own.
beforeAll(async () => {
  folder = (await startCliHost()).dataDir
})
afterAll(cleanUp)

/** The session that started last. */
const latest = async (dataDir = folder) => (await sessions(dataDir)).at(-1)!

describe('a terminal that runs otg', () => {
  it('runs a shell, detaches with the key, and attaches to the same screen', async () => {
    const outer = new OuterTerminal(
      folder,
      printingSettings('$otg run -- sh; $otg attach "$($otg ls | tail -n 1 | cut -c 1-8)"'),
    )
    await outer.until(() => outer.screen === '$', 'the prompt')
    outer.type('x=remembered; echo "$x" | tr a-z A-Z\r')
    await outer.shows('REMEMBERED')
    outer.type(DETACH)
    const { session_id } = await latest()
    const id = session_id.slice(0, 8)
    await outer.shows(`[detached; to return: otg attach ${id}]`)
    await until(async () => (await latest()).clients === 1, 'the second attach')
    // The screen is drawn again, and the message about detaching has scrolled out.
    await outer.until(() => outer.screen.includes('REMEMBERED') && !outer.screen.includes('detached'), 'the screen')
    outer.type('echo "[$x]"; exit 5\r')
    await outer.shows('over')
    expect(await outer.ends()).toBe(0)
    expect(outer.screen).toContain('[remembered]')
    expect(outer.screen).toContain('code 5')
    expectRestored(outer)
  })

  it('keeps the old contents of its screen in the scrollback', async () => {
    const outer = new OuterTerminal(folder, 'seq 1 5; $otg run -- sh -c "seq 101 105; read x"; echo over')
    await outer.shows('105')
    expect(outer.screen).toMatch(/^101\n102/)
    outer.type('\r')
    await outer.ends()
    expect(outer.textWithScrollback).toMatch(/^1\n2\n3\n4\n5\n101\n102\n103\n104\n105\n+over$/)
  })

  it('passes on its size and every resize', async () => {
    const outer = new OuterTerminal(folder, '$otg run -- sh', { cols: 91, rows: 27 })
    await outer.shows('$')
    outer.type('stty size\r')
    await outer.shows('27 91')
    outer.resize(123, 31)
    await until(async () => (await latest()).cols === 123, 'the new size')
    outer.type('stty size\r')
    await outer.shows('31 123')
    outer.type('exit\r')
    expect(await outer.ends()).toBe(0)
  })

  it('resizes a session that it attaches to, except with --read-only', async () => {
    const id = await startSession(folder, ['cat'])
    const reader = new OuterTerminal(folder, `$otg attach --read-only ${id}`, { cols: 100, rows: 30 })
    await until(async () => (await latest()).clients === 1, 'the reader')
    expect(await latest()).toMatchObject({ cols: 80, rows: 24 })
    const writer = new OuterTerminal(folder, `$otg attach ${id}`, { cols: 90, rows: 20 })
    await until(async () => (await latest()).cols === 90, 'the writer')
    reader.type('not for it\r')
    writer.type('for both\r')
    for (const outer of [reader, writer]) await outer.shows('for both\nfor both')
    expect(await screenOf(folder, id)).toBe('for both\nfor both')
    // With --read-only, Ctrl-C detaches.
    reader.type('\x03')
    expect(await reader.ends()).toBe(0)
    await until(async () => (await latest()).clients === 1, 'the reader to be gone')
    expect(await latest()).toMatchObject({ cols: 90, rows: 20, state: 'running' })
  })

  it('passes on every byte: early input, raw input, and the detach key pressed twice', async () => {
    const outer = new OuterTerminal(folder, '$otg run -- sh -c "stty raw -echo; echo; echo ready; cat -v"')
    await outer.shows('ready')
    outer.type('\x03\x1a\x11\x13\x1c\x1c\x1cx\x1b[A\x7f\r')
    await outer.shows('^C^Z^Q^S^\\^\\x^[[A^?^M')
    outer.type(DETACH)
    expect(await outer.ends()).toBe(0)

    const early = new OuterTerminal(folder, '$otg run -- cat')
    early.type('typed before it ran\n')
    await early.shows(/typed before it ran\n+typed before it ran/)
    early.type('\x04')
    expect(await early.ends()).toBe(0)
  })

  it('prints the program’s output unchanged, including line feeds without carriage returns', async () => {
    const outer = new OuterTerminal(folder, '$otg run -- sh -c "stty raw; printf \'one\\ntwo\\r\\n\'; read x"')
    await outer.shows('one\n   two')
    outer.type('\n')
    expect(await outer.ends()).toBe(0)
  })

  it('skips output for a slow terminal, and shows the current screen', async () => {
    const outer = new OuterTerminal(folder, '$otg run -- sh -c "seq 1 1000000; echo the end; read x"')
    await outer.until(() => outer.raw.length > 100_000, 'a part of the flood')
    outer.pause()
    const { session_id } = await latest()
    await until(async () => (await screenOf(folder, session_id)).includes('the end'), 'the end of the flood')
    outer.resume()
    await outer.shows('999999\n1000000\nthe end')
    expect(outer.screen).toBe(await screenOf(folder, session_id))
    expect(outer.raw.length).toBeLessThan(3_000_000)
    // The keyframe does not erase the scrollback.
    expect(outer.raw).not.toContain('\x1bc')
    outer.type('\r')
    expect(await outer.ends()).toBe(0)
  })

  it('stops a flood with Ctrl-C', async () => {
    const outer = new OuterTerminal(folder, '$otg run -- sh -c "while :; do seq 1 100000; done"')
    await outer.until(() => outer.raw.length > 2_000_000, 'a part of the flood')
    outer.type('\x03')
    expect(await outer.ends()).toBe(130)
  })

  it('detaches with another key, or with none', async () => {
    const outer = new OuterTerminal(folder, '$otg run --detach-key ^A -- sh -c "stty raw -echo; echo ready; cat -v"')
    await outer.shows('ready')
    outer.type(DETACH)
    await outer.shows('^\\d')
    outer.type('\x01d')
    expect(await outer.ends()).toBe(0)
    const none = new OuterTerminal(folder, `OTG_DETACH_KEY=none $otg attach ${(await latest()).session_id}`)
    await none.shows('^\\d')
    none.type('\x1cd\x01d')
    await none.shows('^\\d^\\d^Ad')
  })

  it('never receives a query that the host answers', async () => {
    const outer = new OuterTerminal(
      folder,
      '$otg run -- sh -c "stty raw -echo; printf \'\\033[c\\033[6n\'; head -c 6 | cat -v; cat -v"',
    )
    await outer.shows('^[[?')
    expect(outer.raw).not.toMatch(/\x1b\[c|\x1b\[6n/)
    outer.type(DETACH)
    expect(await outer.ends()).toBe(0)
  })

  it('does not attach to the session that it is in', async () => {
    const outer = new OuterTerminal(folder, '$otg run -- sh')
    await outer.shows('$')
    outer.type(`OTG_DATA_DIR=${folder} ${process.execPath} ${OTG} attach $OTG_SESSION_ID; echo "code $?"\r`)
    await outer.shows('otg: this terminal is inside that session')
    await outer.shows('code 1')
    outer.type('exit\r')
    expect(await outer.ends()).toBe(0)
  })

  it('shows the last screen of an ended session, and exits with its exit code', async () => {
    const id = await startSession(folder, ['sh', '-c', 'echo last words; exit 4'])
    await until(async () => (await latest()).state === 'exited', 'the end')
    const outer = new OuterTerminal(folder, printingSettings(`$otg attach ${id}`))
    await outer.shows('over')
    expect(outer.textWithScrollback).toMatch(/last words\ncode 4/)
    expectRestored(outer)
  })
})

describe('a terminal with the modes of full-screen programs', () => {
  /** Turns on the modes of full-screen programs, and waits. */
  const MESS =
    "printf '\\033[?1049h\\033[?1h\\033=\\033[?1002h\\033[?1006h\\033[?1004h\\033[?2004h\\033[?25l\\033[?7l\\033[4h\\033[3;9r" +
    "\\033[?6h\\033[31;1m\\033[>1u\\033[5 q\\033(0in the mess'; cat"
  const run = `$otg run -- sh -c "${MESS.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

  async function messy(dataDir = folder): Promise<OuterTerminal> {
    const outer = new OuterTerminal(dataDir, `trap '' INT QUIT; ${printingSettings(run)}`)
    await outer.until(() => outer.raw.includes('in the mess'), 'the mess')
    await outer.until(() => outer.terminal.buffer.active.type === 'alternate', 'the alternate screen')
    return outer
  }

  /** The otg process inside the terminal. */
  function otgIn(outer: OuterTerminal): number {
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', `${outer.pid}`], { encoding: 'utf8' })
    return Number(children.trim().split('\n').at(-1))
  }

  it('is restored after the detach key', async () => {
    const outer = await messy()
    outer.type(DETACH)
    await outer.shows('code 0')
    await outer.ends()
    expectRestored(outer)
    expect(outer.raw).toContain('\x1b[<1u')
    expect(outer.raw).toContain('\x1b[0 q')
    expect((await latest()).state).toBe('running')
  })

  it('is restored after the end of the session', async () => {
    const outer = await messy()
    await endSession(folder, (await latest()).session_id)
    await outer.shows('was ended by otg kill')
    await outer.shows('code 129')
    await outer.ends()
    expectRestored(outer)
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)('is restored after %s', async (signal, code) => {
    const outer = await messy()
    process.kill(otgIn(outer), signal)
    await outer.shows(`code ${code}`)
    await outer.ends()
    expectRestored(outer)
    await until(async () => (await latest()).clients === 0, 'the detach')
    expect((await latest()).state).toBe('running')
  })

  it('is restored after a stop of the host', async () => {
    const mine = await startCliHost()
    const outer = await messy(mine.dataDir)
    mine.child.kill('SIGTERM')
    await outer.shows('[the host stopped, which ended session')
    await outer.shows('code 129')
    await outer.ends()
    expectRestored(outer)
  })

  it('is restored after a kill of the host', async () => {
    const mine = await startCliHost()
    const outer = await messy(mine.dataDir)
    const { pid } = await latest(mine.dataDir)
    process.kill(mine.pid, 'SIGKILL')
    await outer.shows('otg: the host stopped, which ended session')
    await outer.shows('code 1')
    await outer.ends()
    expectRestored(outer)
    await until(() => !isAlive(pid!), 'the session to be gone')
  })

  it('leaves the session running when it closes', async () => {
    const outer = await messy()
    const pid = otgIn(outer)
    outer.hangUp()
    await until(() => !isAlive(pid), 'otg to be gone')
    await until(async () => (await latest()).clients === 0, 'the detach')
    expect((await latest()).state).toBe('running')
  })
})

describe('a host in a terminal', () => {
  const start = async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const outer = new OuterTerminal(dataDir, 'exec $otg host --port 0 --bind loopback')
    await outer.shows('Ctrl-C: stop the host')
    return { dataDir, outer }
  }

  it('stops cleanly when the terminal closes', async () => {
    const { dataDir, outer } = await start()
    await startSession(dataDir, ['sleep', '1000'])
    const { pid } = await latest(dataDir)
    outer.hangUp()
    for (const process of [outer.pid, pid!]) await until(() => !isAlive(process), 'the end')
    for (const file of ['host.json', 'otg.sock']) expect(existsSync(join(dataDir, file))).toBe(false)
  })
})

const tmuxIsThere = spawnSync('tmux', ['-V']).status === 0

describe('a terminal inside tmux', () => {
  it.skipIf(!tmuxIsThere && !process.env.CI)('runs, detaches and attaches again (needs tmux)', async () => {
    expect(tmuxIsThere, 'tmux is missing: apt-get install tmux').toBe(true)
    const server = ['-S', join(temporaryFolder(), 'tmux'), '-f', '/dev/null']
    onCleanUp(() => spawnSync('tmux', [...server, 'kill-server']))
    const tmux = (...args: string[]) =>
      execFileSync('tmux', [...server, ...args], { encoding: 'utf8', env: environment(folder) })
    const screen = () => tmux('capture-pane', '-p', '-t', 'pane')
    const shows = async (text: string) => {
      await until(() => screen().includes(text), text).catch(error => {
        throw new Error(`${error.message} in tmux, which shows:\n${screen()}`)
      })
    }
    const otg = `${process.execPath} ${OTG}`
    tmux('new-session', '-d', '-s', 'pane', '-x', '90', '-y', '20', 'sh')
    await shows('$')
    const type = (...keys: string[]) => tmux('send-keys', '-t', 'pane', ...keys)
    type(`${otg} run -- bash --norc`, 'Enter')
    await until(
      async () => (await sessions(folder)).some(one => one.command[0] === 'bash' && one.clients === 1),
      'the session',
    )
    type('echo $((40 + 2)); stty size', 'Enter')
    await shows('42\n20 90')
    type('C-\\', 'd')
    await shows('[detached;')
    const { session_id } = await latest()
    type(`${otg} attach ${session_id.slice(0, 4)}`, 'Enter')
    await until(async () => (await latest()).clients === 1, 'the second attach')
    tmux('resize-window', '-t', 'pane', '-x', '70', '-y', '18')
    await until(async () => (await latest()).cols === 70, 'the new size')
    type('stty size', 'Enter')
    await shows('18 70')
    // tmux and the host show the same rows once both have drawn at this size.
    type('clear; seq 5', 'Enter')
    await shows('4\n5\n')
    await until(async () => screen().trimEnd() === (await screenOf(folder, session_id)), 'the same screen')
    type('exit 3', 'Enter')
    // Until otg has ended too, what is typed is its own.
    const foreground = () => tmux('display-message', '-p', '-t', 'pane', '#{pane_current_command}').trim()
    await until(() => foreground() === 'sh', 'the shell')
    expect((await latest()).state).toBe('exited')
    type('echo "code $?"', 'Enter')
    await shows('code 3')
  })
})
