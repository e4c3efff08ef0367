// Where a local client comes from, by real processes, as both Linux and macOS tell it.
import { spawn as spawnProcess, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type IPty, spawn } from 'node-pty'
import { afterEach, describe, expect, it } from 'vitest'
import { originOf } from '../../../main/host/access/origin.ts'
import { markDescendants, processesByProc, processesByPs } from '../../../main/host/access/processes.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

/** Not a process of this test. */
const ELSEWHERE = 2 ** 22 + 1

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

async function descends(pid: number, from: number): Promise<boolean> {
  const processes = process.platform === 'linux' ? processesByProc(undefined) : processesByPs()
  for (let one = await processes.find(pid); one; one = await processes.find(one.parent))
    if (one.parent === from) return true
  return false
}

/** A session's leader that runs `script`, which writes the ID of a process to $FILE. Resolves with both. */
async function leaderWith(script: string): Promise<{ leader: IPty; pid: number }> {
  const file = join(temporaryFolder(), 'pid')
  const leader = spawn('bash', ['--norc', '-c', `FILE=${file}; ${script}; sleep 1000`], {})
  onCleanUp(() => leader.kill('SIGKILL'))
  const read = () => {
    try {
      return Number(readFileSync(file, 'utf8'))
    } catch {
      return 0
    }
  }
  await until(() => read() > 0, 'the process')
  // The one that started it may still be there.
  if (script === DETACHED) await until(async () => !(await descends(read(), leader.pid)), 'its parents to end')
  onCleanUp(() => process.kill(read(), 'SIGKILL'))
  return { leader, pid: read() }
}

/** A child of the leader, one in a session of its own, and one without parents. */
const CHILD = 'sleep 1000 & echo $! >$FILE'
const ON_ITS_OWN = `{ setsid sh -c 'echo $$ >$0; exec sleep 1000' $FILE & }`
const DETACHED = `setsid sh -c "(sh -c 'echo \\$\\$ >$FILE; exec sleep 1000' &)"`

const inside = { kind: 'session', session_id: 's', typed: false }

describe.runIf(process.platform === 'linux')('the origin of a process, from /proc', () => {
  const originIn = async (script: string, mark: number | undefined) => {
    const { leader, pid } = await leaderWith(script)
    const leaders = () => [{ session_id: 's', pid: leader.pid, command: ['bash', '--norc'] }]
    return originOf(pid, { processes: processesByProc(mark), host: ELSEWHERE, leaders })
  }

  it('is the session of its parents', async () => {
    expect(await originIn(CHILD, undefined)).toMatchObject(inside)
    expect(await originIn(ON_ITS_OWN, undefined)).toMatchObject(inside)
  })

  it('is a stray if it has lost its parents and bears the mark, and unknown without a mark', async () => {
    expect(await originIn(DETACHED, undefined)).toEqual({ kind: 'unknown' })
    const mark = await markDescendants()
    expect(mark).toBeGreaterThan(0)
    expect(await originIn(DETACHED, mark)).toEqual({ kind: 'stray' })
    // The mark of another host that is inside this one: what is outside of that one is not its descendant.
    expect(await originIn(DETACHED, mark! - 1)).toEqual({ kind: 'person' })
  })

  it('is a person’s for the host’s own parts', async () => {
    const child = spawnProcess('sleep', ['1000'])
    onCleanUp(() => child.kill())
    const context = { processes: processesByProc(1), host: process.pid, leaders: () => [] }
    expect(await originOf(child.pid!, context)).toEqual({ kind: 'person' })
    expect(await originOf(ELSEWHERE, context)).toEqual({ kind: 'unknown' })
  })
})

describe.runIf(process.platform !== 'win32' && has('ps'))('the origin of a process, from ps', () => {
  it('is the session of its terminal or of its parents, and unknown without either', async () => {
    const processes = processesByPs()
    for (const [script, expected] of [
      [CHILD, expect.objectContaining(inside)],
      [DETACHED, { kind: 'unknown' }],
    ] as const) {
      const { leader, pid } = await leaderWith(script)
      const leaders = () => [{ session_id: 's', pid: leader.pid, command: ['bash', '--norc'] }]
      expect(await originOf(pid, { processes, host: ELSEWHERE, leaders })).toEqual(expected)
    }
  })

  it('finds a process with its parents, its terminal and its command line', async () => {
    const { leader, pid } = await leaderWith(CHILD)
    expect(await processesByPs().find(pid)).toMatchObject({ parent: leader.pid, argv: ['sleep', '1000'] })
    expect((await processesByPs().find(pid))!.terminal).toMatch(/\w/)
    expect(await processesByPs().find(ELSEWHERE)).toBeUndefined()
  })
})

const canUnshare = spawnSync('unshare', ['-rm', 'true']).status === 0

/** Where the system tells which file a process runs. */
const SYSTEMS = [
  ...(process.platform === 'linux' ? [['/proc', processesByProc(undefined)] as const] : []),
  ...(has('ps') && has('lsof') ? [['ps and lsof', processesByPs()] as const] : []),
]
describe.each(SYSTEMS)('case 132: otg, as a shell or something else starts it, by %s', (system, processes) => {
  /** Types a command into a shell with $OTG and $BIN, and looks where the otg that it starts comes from. */
  const typed = async (command: string, program: string[] = ['bash', '--norc']) => {
    const folder = temporaryFolder()
    const file = join(folder, 'pid')
    writeFileSync(
      join(folder, 'otg.js'),
      `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setTimeout(() => {}, 1e6)`,
    )
    // A module that starts otg, in whichever program loads it.
    writeFileSync(join(folder, 'Starter.pm'), `package Starter; system('${process.execPath}', '${folder}/otg.js'); 1;`)
    // Commands that a shell reads from elsewhere.
    writeFileSync(join(folder, 'commands'), `${process.execPath} ${folder}/otg.js\n`)
    const leader = spawn(program[0]!, program.slice(1), {
      cwd: folder,
      env: { ...process.env, OTG: join(folder, 'otg.js'), BIN: folder, NODE: process.execPath },
    })
    onCleanUp(() => leader.kill('SIGKILL'))
    leader.write(`${command}\r`)
    const read = () => {
      try {
        return Number(readFileSync(file, 'utf8'))
      } catch {
        return 0
      }
    }
    await until(() => read() > 0, 'otg')
    onCleanUp(() => process.kill(read(), 'SIGKILL'))
    const leaders = () => [{ session_id: 's', pid: leader.pid, command: program }]
    const origin = await originOf(read(), { processes, host: ELSEWHERE, leaders })
    return origin.kind === 'session' && origin.typed
  }

  const SHELLS = [['bash', '--norc'], ['sh'], ['-bash', '--norc'], ['zsh', '-f'], ['fish', '--no-config']].filter(
    ([shell]) => has(shell!.replace(/^-/, '')),
  )
  it.each(SHELLS)('case 147: is a person’s at the prompt of the session’s shell: %s', async (...program) => {
    const [shell, ...options] = program as [string, ...string[]]
    expect(await typed('$NODE $OTG', [shell.replace(/^-/, ''), ...options])).toBe(true)
    expect(await typed('$NODE $OTG | cat', [shell.replace(/^-/, ''), ...options])).toBe(true)
  })

  const PROGRAMS: [string, string][] = [
    ['took the name of a shell', 'PERL5LIB=$BIN PERL5OPT=-MStarter bash -c "exec -a bash perl"'],
    [
      'is a copy with the name of a shell',
      'cp $(command -v perl) $BIN/bash; PERL5LIB=$BIN PERL5OPT=-MStarter $BIN/bash',
    ],
    [
      'is a link with the name of a shell',
      'ln -s $(command -v perl) $BIN/zsh; PERL5LIB=$BIN PERL5OPT=-MStarter $BIN/zsh',
    ],
    [
      'took the place of a shell in a mount namespace',
      'PERL5LIB=$BIN PERL5OPT=-MStarter unshare -rm bash -c "mount --bind $(command -v perl) $(command -v dash) && exec dash"',
    ],
    ['is a shell that reads from a pipe', 'echo "$NODE $OTG" | bash'],
    ['is a shell that reads from a file', 'bash <$BIN/commands'],
    ['is a shell in a shell', 'bash --norc\r$NODE $OTG'],
    ['is a shell that reads a startup file', 'bash --rcfile $BIN/commands'],
    ['is a shell that reads an init file', 'bash --init-file $BIN/commands -i'],
    ['is a shell that reads commands by -s', 'bash --norc -s\r$NODE $OTG'],
    ['is a shell in place of a program', 'perl -e \'$ENV{ENV}="$ENV{BIN}/commands"; exec "sh"\''],
    ['is a subshell', '($NODE $OTG; true)'],
    ['is a substitution of a command', 'echo "$($NODE $OTG)"'],
    ['does not wait for it', '$NODE $OTG & sleep 1000'],
  ]
  // macOS has no namespaces.
  const hasNamespaces = system === '/proc' && canUnshare
  const possible = PROGRAMS.filter(([, command]) => !command.includes('unshare') || hasNamespaces)
  it.each(possible)('is a program’s if what started it %s', async (_what, command) => {
    expect(await typed(command)).toBe(false)
  })

  const LEADERS: [string, string[]][] = [
    ['a startup file', ['bash', '--rcfile', 'commands', '-i']],
    ['an init file', ['bash', '--init-file', 'commands', '-i']],
    ['its arguments', ['bash', '-ic', '$NODE $OTG']],
    ['its arguments, after others', ['bash', '--norc', '-i', '-c', '$NODE $OTG']],
    ['a script', ['bash', '--norc', '-i', 'commands']],
    ['-s', ['bash', '--norc', '-is']],
    ['a program that became a shell', ['perl', '-e', 'exec "bash", "--norc"']],
  ]
  it.each(LEADERS)('case 147: is a program’s in a session whose command is a shell with %s', async (_what, program) => {
    expect(await typed('$NODE $OTG', program)).toBe(false)
  })
})
