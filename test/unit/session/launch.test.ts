import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { type LimitedProcess, startLimit } from '../../../main/host/session/file-limit.ts'
import { withFileLimit, withoutGaps } from '../../../main/host/session/launch.ts'
import { Pty } from '../../../main/host/session/pty.ts'

const undo: (() => void)[] = []
afterEach(() => {
  for (const step of undo.splice(0)) step()
})

/** What a program prints. */
function output(script: string, file_limit?: number): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    new Pty(
      {
        command: ['/bin/sh', '-c', script],
        cwd: '/',
        env: { PATH: process.env.PATH! },
        cols: 200,
        rows: 24,
        ...(file_limit && { file_limit }),
      },
      { data: bytes => (text += Buffer.from(bytes).toString()), exit: () => resolve(text) },
    )
  })
}

/** A program that waits, whose master this process holds. */
function waiting(): Pty {
  const options = { command: ['/bin/sh', '-c', 'read line'], cwd: '/', env: {}, cols: 80, rows: 24 }
  const pty = new Pty(options, { data: () => {}, exit: () => {} })
  undo.push(() => process.kill(pty.pid, 'SIGKILL'))
  return pty
}

function open(count: number): number[] {
  return Array.from({ length: count }, () => openSync('/dev/null', 'r'))
}

describe.skipIf(process.platform === 'win32')('a program of a session', () => {
  const LIST = 'n=0; while [ $n -lt 300 ]; do [ -e /dev/fd/$n ] && echo $n; n=$((n + 1)); done'

  it('case 85: has descriptors 0, 1 and 2 only, whatever the host has open, and wherever its descriptors have gaps', async () => {
    for (let n = 0; n < 3; n++) waiting()
    // The next masters come after 40 descriptors that will be free.
    const between = open(40)
    for (let n = 0; n < 3; n++) waiting()
    for (const descriptor of between) closeSync(descriptor)
    expect((await output(LIST)).trim().split('\r\n')).toEqual(['0', '1', '2'])
  })

  it('case 86: has the soft limit of open files that the host was started with, and the hard one', async () => {
    const hard = (await output('ulimit -Hn')).trim()
    expect((await output('ulimit -Sn; ulimit -Hn', 321)).trim().split('\r\n')).toEqual(['321', hard])
  })

  it('keeps its process ID, arguments and variables while the limit is set', async () => {
    const text = await output('echo $$ $PPID; tr "\\0" " " </proc/$$/cmdline', 321)
    if (process.platform === 'linux') expect(text).toMatch(new RegExp(`^\\d+ ${process.pid}\r\n/bin/sh -c echo`))
  })

  it.skipIf(process.platform !== 'linux')('blocks and ignores no signal', async () => {
    const text = await output('cat /proc/self/status')
    expect(text).toMatch(/SigBlk:\t0+\r/)
    expect(text).toMatch(/SigIgn:\t0+\r/)
  })
})

describe.skipIf(process.platform !== 'linux')('withoutGaps', () => {
  it('forks while no descriptor below the highest is free, and frees them again', () => {
    const opened = open(30)
    const kept = opened.pop()!
    for (const descriptor of opened) closeSync(descriptor)
    const descriptors = () => readdirSync('/proc/self/fd').map(Number)
    const before = descriptors()
    const during = withoutGaps(descriptors)
    expect(Array.from({ length: kept + 1 }, (_, n) => n).filter(n => !during.includes(n))).toEqual([])
    expect(descriptors()).toEqual(before)
    closeSync(kept)
  })
})

describe('the command that sets the limit', () => {
  it('is the program itself where the limit was not raised', () => {
    expect(withFileLimit(['/bin/vi', 'x'], undefined, '/usr/bin')).toEqual(['/bin/vi', 'x'])
  })

  it.skipIf(process.platform === 'win32')('is a shell where there is no prlimit', async () => {
    const argv = withFileLimit(['/bin/echo', '$HOME', 'a b'], 321, '/nonexistent')
    expect(argv.slice(0, 2)).toEqual(['/bin/sh', '-c'])
    const quoted = argv.map(argument => `'${argument}'`).join(' ')
    expect(await output(quoted)).toBe('$HOME a b\r\n')
  })
})

describe('the limit that the host was started with', () => {
  const tree = (...processes: [name: string, soft: number][]) => {
    const of = ([name, soft]: [string, number], n: number): LimitedProcess => ({
      parent: n + 2,
      name,
      soft,
      hard: 4096,
    })
    return (pid: number) => processes.map(of)[pid - 1]
  }
  const DEFAULT = process.platform === 'darwin' ? 256 : 1024

  it.each<[string, number, [string, number][]]>([
    [
      'of its shell',
      900,
      [
        ['node', 4096],
        ['bash', 900],
        ['sshd', 1000],
      ],
    ],
    [
      'of its shell, which a person has raised',
      4096,
      [
        ['node', 4096],
        ['bash', 4096],
        ['sshd', 1000],
      ],
    ],
    [
      'of the shell of npm',
      900,
      [
        ['node', 4096],
        ['sh', 4096],
        ['node', 4096],
        ['bash', 900],
      ],
    ],
    [
      'of the shell of npm, whose process has another name',
      900,
      [
        ['node', 4096],
        ['sh', 4096],
        ['npm run otg', 4096],
        ['bash', 900],
      ],
    ],
    [
      'of the command that started it in the background',
      900,
      [
        ['node', 4096],
        ['node', 4096],
        ['bash', 900],
      ],
    ],
    [
      'of the starter of the app',
      900,
      [
        ['on-the-go', 4096],
        ['on-the-go', 4096],
        ['launcher', 900],
      ],
    ],
    [
      'by default: a service',
      DEFAULT,
      [
        ['node', 4096],
        ['systemd', 4096],
      ],
    ],
    [
      'by default: a desktop that raises its own',
      DEFAULT,
      [
        ['on-the-go', 4096],
        ['gnome-shell', 4096],
        ['systemd', 4096],
      ],
    ],
    ['by default: nothing is known of its parent', DEFAULT, [['node', 4096]]],
    [
      'its own, which is below the default',
      100,
      [
        ['node', 100],
        ['systemd', 4096],
      ],
    ],
  ])('is that %s', (_what, expected, processes) => {
    expect(startLimit(1, tree(...processes))).toBe(expected)
  })

  it('is the default where there is no /proc', () => {
    expect(startLimit(1, () => undefined)).toBe(DEFAULT)
  })
})

it.skipIf(process.platform !== 'linux')('a session needs no process of its own for the limit', async () => {
  const pty = waiting()
  expect(readFileSync(`/proc/${pty.pid}/stat`, 'latin1').split(' ')[3]).toBe(String(process.pid))
})
