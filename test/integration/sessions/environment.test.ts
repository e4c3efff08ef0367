// The environment variables of a session's programs, which do not depend on who started the host.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { environment, otg, screenOf, startCliHost, withClient } from '../../support/cli.ts'
import {
  bytesOf,
  cleanUp,
  localClient,
  onCleanUp,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

/** What agents, editors, terminals and build tools say of themselves to the programs that they start. */
const STARTER = {
  CLAUDECODE: '1',
  CLAUDE_CODE_ENTRYPOINT: 'cli',
  CODEX_SANDBOX: 'seatbelt',
  GEMINI_CLI: '1',
  OPENCODE: '1',
  ZELLIJ_SESSION_NAME: 'one',
  HERDR_SOCKET: '/tmp/herdr',
  NVIM: '/tmp/nvim.sock',
  INSIDE_EMACS: '30,vterm',
  LC_TERMINAL: 'iTerm2',
  COLORFGBG: '15;0',
  TERMINFO: '/nowhere',
  TERMINAL_EMULATOR: 'JetBrains-JediTerm',
  XTERM_VERSION: 'XTerm(390)',
  WARP_IS_LOCAL_SHELL_SESSION: '1',
  MAKEFLAGS: ' -j4 --jobserver-auth=3,4',
  LISTEN_FDS: '1',
  NOTIFY_SOCKET: '/run/notify',
  GIT_ASKPASS: '/nowhere/askpass',
  NO_COLOR: '1',
  CI: 'true',
  SSH_TTY: '/dev/pts/99',
  APPIMAGE: '/home/me/other.AppImage',
  SOME_STARTER: 'left this',
  API_TOKEN: 'of the host',
}

/** A home with startup files of its own. */
function home(profile: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, '.bash_profile'), profile)
  return folder
}

const PROFILE = `
echo "Welcome, $USER"
export FROM_LOGIN='two
lines' PATH="$HOME/bin:$PATH"
echo x >>"$HOME/reads"
`

type Variables = Record<string, string>

/** Reads the variables that `printenv -0 >file` wrote. */
async function variablesIn(file: string): Promise<Variables> {
  await until(() => existsSync(`${file}.done`), 'the command to write its environment')
  const entries = readFileSync(file, 'utf8').split('\0').filter(Boolean)
  return Object.fromEntries(
    entries.map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )
}

function writes(file: string): string[] {
  return ['/bin/sh', '-c', `env -0 >'${file}'; touch '${file}.done'`]
}

/** What a command gets that a client without a caller's environment starts, as phones and windows do. */
async function detached(dataDir: string): Promise<Variables> {
  const file = join(temporaryFolder(), 'env')
  await withClient(dataDir, client => client.create({ command: writes(file) }))
  return variablesIn(file)
}

const hostEnv = (folder: string, more: Variables = {}): Variables => ({
  HOME: folder,
  SHELL: '/bin/bash',
  ...more,
})

describe.skipIf(process.platform === 'win32')('the environment of a session without a caller', () => {
  it('is the login environment, and does not depend on what started the host', async () => {
    const folder = home(PROFILE)
    const one = await startCliHost(undefined, [], hostEnv(folder))
    const two = await startCliHost(
      undefined,
      [],
      hostEnv(folder, { ...STARTER, PATH: `/opt/starter:${process.env.PATH}` }),
    )
    const [plain, started] = [await detached(one.dataDir), await detached(two.dataDir)]
    const same = ({ OTG_SESSION_ID: _, OTG_DATA_DIR: _d, OTG_HOST_RUN: _r, ...rest }: Variables) => rest
    expect(same(started)).toEqual(same(plain))
    expect(started).toMatchObject({
      FROM_LOGIN: 'two\nlines',
      SHELL: '/bin/bash',
      HOME: folder,
      TERM: 'xterm-256color',
    })
    expect(started.PATH!.startsWith(`${folder}/bin:`)).toBe(true)
    for (const name of Object.keys(STARTER)) expect(started).not.toHaveProperty(name)
    // One host reads the startup files once, however many sessions it starts.
    await detached(one.dataDir)
    expect(readFileSync(join(folder, 'reads'), 'utf8')).toBe('x\nx\n')
  })

  it('is asked again when a person wants it, and what the shell said before stays where it fails', async () => {
    const folder = home(PROFILE)
    const { dataDir } = await startCliHost(undefined, [], hostEnv(folder))
    expect(await detached(dataDir)).toMatchObject({ FROM_LOGIN: 'two\nlines' })
    writeFileSync(join(folder, '.bash_profile'), 'export FROM_LOGIN=renewed')
    expect(await detached(dataDir)).toMatchObject({ FROM_LOGIN: 'two\nlines' })
    const renewed = await otg(dataDir, ['status', '--renew-environment'])
    expect(renewed.stdout).toMatch(/^environment +of your login shell$/m)
    expect(await detached(dataDir)).toMatchObject({ FROM_LOGIN: 'renewed' })
    writeFileSync(join(folder, '.bash_profile'), 'export FROM_LOGIN=broken; exit 3')
    const failed = await otg(dataDir, ['status', '--renew-environment'])
    expect(failed.stdout).toContain('Your login shell did not tell its environment')
    expect(await detached(dataDir)).toMatchObject({ FROM_LOGIN: 'renewed' })
  })

  it('is minimal, and a session starts, where startup files do not end, replace the shell or print without end', async () => {
    for (const profile of [
      'export A=1; sleep 1000',
      'exec cat /dev/zero',
      'exec true',
      'read -r answer; kill -STOP $$',
    ]) {
      const folder = home(profile)
      const host = await startHost({
        shell: ['/bin/bash', '-l'],
        home: folder,
        env: { ...STARTER, HOME: folder, SHELL: '/bin/bash', PATH: process.env.PATH, LANG: 'C.UTF-8' },
        login_environment: true,
        timing: { capture_environment_ms: 300, wait_for_environment_ms: 100 },
      })
      const got = await detached(host.dataDir)
      expect(got).toMatchObject({ HOME: folder, SHELL: '/bin/bash', PATH: expect.stringContaining('/usr/bin') })
      for (const name of [...Object.keys(STARTER), 'A']) expect(got).not.toHaveProperty(name)
      const client = localClient(host)
      await until(
        async () => (await client.troubles()).some(({ kind }) => kind === 'environment_unknown'),
        'the trouble',
      )
    }
  })

  it('is the host’s, less what describes it, where the setting says so', async () => {
    const folder = home(PROFILE)
    const dataDir = join(temporaryFolder(), 'data')
    mkdirSync(dataDir, { mode: 0o700 })
    writeFileSync(join(dataDir, 'settings.json'), '{"login_environment": false}', { mode: 0o600 })
    await startCliHost(dataDir, [], hostEnv(folder, { ...STARTER }))
    const got = await detached(dataDir)
    expect(got).toMatchObject({ SOME_STARTER: 'left this' })
    expect(got).not.toHaveProperty('FROM_LOGIN')
    expect(got).not.toHaveProperty('CLAUDECODE')
    await withClient(dataDir, client => client.changeSettings({ login_environment: true }))
    await until(async () => (await detached(dataDir)).FROM_LOGIN === 'two\nlines', 'the login environment')
  })

  it('lets a login shell read its files itself, once, and names it in SHELL', async () => {
    const folder = home(`${PROFILE}PS1='$ '\n`)
    const dataDir = join(temporaryFolder(), 'data')
    const { pid } = await startCliHost(dataDir, [], hostEnv(folder, { ...STARTER, SHELL: '/bin/bash' }))
    expect(pid).toBeGreaterThan(0)
    const file = join(temporaryFolder(), 'env')
    await withClient(dataDir, async client => {
      const { session_id } = await client.create({})
      const attachment = client.attach(session_id, new Recorder())
      await until(async () => /^\$/m.test(await screenOf(dataDir, session_id)), 'the prompt')
      attachment.type(bytesOf(`env -0 >'${file}'; touch '${file}.done'\r`))
      const got = await variablesIn(file)
      expect(got).toMatchObject({ FROM_LOGIN: 'two\nlines', SHELL: '/bin/bash' })
      expect(got.PATH!.split(':').filter(one => one === `${folder}/bin`)).toHaveLength(1)
      for (const name of Object.keys(STARTER)) expect(got).not.toHaveProperty(name)
    })
  })

  it('has in SHELL the shell that the setting names', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'env')
    const shell = join(folder, 'own-shell')
    writeFileSync(shell, `#!/bin/sh\nenv -0 >'${file}'; touch '${file}.done'\n`)
    chmodSync(shell, 0o755)
    const host = await startHost({ shell: [shell], env: { PATH: process.env.PATH, SHELL: '/bin/other' } })
    await localClient(host).create({})
    expect((await variablesIn(file)).SHELL).toBe(shell)
  })
})

describe.skipIf(process.platform === 'win32')('otg run', () => {
  it('gives the command its caller’s environment, less what describes the caller’s terminal', async () => {
    const { dataDir } = await startCliHost(undefined, [], hostEnv(home(PROFILE)))
    const file = join(temporaryFolder(), 'env')
    const caller = {
      ...environment(dataDir),
      ...STARTER,
      FOO: '1',
      TMUX: '/tmp/tmux',
      TERM_PROGRAM: 'tmux',
      SHELL: '/bin/zsh',
    }
    const { code } = await otg(dataDir, ['run', '--', ...writes(file)], { env: caller })
    expect(code).toBe(0)
    const got = await variablesIn(file)
    // As the command would have had it there: also what an agent says to its commands.
    expect(got).toMatchObject({ FOO: '1', CLAUDECODE: '1', NO_COLOR: '1', API_TOKEN: 'of the host', SHELL: '/bin/zsh' })
    expect(got).toMatchObject({ TERM: 'xterm-256color', TERM_PROGRAM: 'on-the-go', MAKEFLAGS: ' -j4' })
    for (const name of [
      'TMUX',
      'NVIM',
      'INSIDE_EMACS',
      'LC_TERMINAL',
      'COLORFGBG',
      'TERMINFO',
      'SSH_TTY',
      'LISTEN_FDS',
    ])
      expect(got).not.toHaveProperty(name)
    expect(got).not.toHaveProperty('FROM_LOGIN')
  })

  it('gives the login environment with --detach', async () => {
    const { dataDir } = await startCliHost(undefined, [], hostEnv(home(PROFILE)))
    const file = join(temporaryFolder(), 'env')
    await otg(dataDir, ['run', '--detach', '--', ...writes(file)], {
      env: { ...environment(dataDir), ...STARTER, FOO: '1' },
    })
    const got = await variablesIn(file)
    expect(got).toMatchObject({ FROM_LOGIN: 'two\nlines' })
    for (const name of [...Object.keys(STARTER), 'FOO']) expect(got).not.toHaveProperty(name)
  })
})

it('refuses a phone that names variables for a session', async () => {
  const host = await startHost()
  const phone = webClient(host)
  onCleanUp(() => phone.close())
  await expect(phone.create({ command: ['env'], env: { LD_PRELOAD: '/tmp/x' } })).rejects.toMatchObject({
    code: 'forbidden',
  })
})
