// The otg command in scripts, against real hosts in temporary folders. For terminals see cli-terminal.test.ts.

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../main/cli/commands/table.ts'
import {
  type CliHost,
  endSession,
  environment,
  isAlive,
  OTG,
  otg,
  screenOf,
  sessions,
  start,
  startCliHost,
  startSession,
} from '../../support/cli.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../../support/host.ts'

const emptyFolder = () => join(temporaryFolder(), 'data')

describe('the command line', () => {
  afterEach(cleanUp)

  it('has help for every command that fits on a screen of 80 x 24', async () => {
    const helps = await Promise.all(
      [['--help'], ...COMMANDS.map(({ name }) => [name, '-h'])].map(args => otg('', args)),
    )
    for (const { code, stdout } of helps) {
      expect(code).toBe(0)
      const lines = stdout.trimEnd().split('\n')
      expect(lines.length).toBeLessThan(24)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
    }
  })

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect((await otg('', ['--version'])).stdout).toBe(`otg ${version}\n`)
  })

  it('rejects invalid arguments with exit code 2 and one line', async () => {
    const invalid: [string[], string | RegExp][] = [
      [['frobnicate'], 'otg: unknown command frobnicate; see: otg --help\n'],
      [['ls', '--color'], 'otg: unknown option --color; see: otg ls --help\n'],
      [['attach'], 'otg: attach needs ID; see: otg attach --help\n'],
      [['show', 'a', 'b'], 'otg: unexpected argument b; see: otg show --help\n'],
      [['host', '--port', 'http'], 'otg: --port takes a number from 0 to 65535, not http; see: otg host --help\n'],
      [['host', '--port'], 'otg: --port needs a value; see: otg host --help\n'],
      [['ls', '--json=yes'], 'otg: --json takes no value; see: otg ls --help\n'],
      [['send', 'a'], 'otg: send needs TEXT, --enter or --stdin; see: otg send --help\n'],
      [['host', '--tls-cert', 'cert.pem'], 'otg: --tls-cert needs --tls-key and vice versa; see: otg host --help\n'],
      [['host', '--detach', '--tls', 'yes'], 'otg: --tls takes tailscale, not yes; see: otg host --help\n'],
      [['host', '--allow-host', 'a,,b'], 'otg: --allow-host takes names separated by commas; see: otg host --help\n'],
      [['pair', 'phone'], 'otg: unexpected argument phone; see: otg pair --help\n'],
      [['devices', '--full'], 'otg: NAME is missing: which device?; see: otg devices --help\n'],
      [['devices', 'a', '--full', '--read-only'], /^otg: --read-only and --full cannot be combined; .*\n$/],
      [['revoke'], 'otg: revoke needs NAME…; see: otg revoke --help\n'],
      [['attach', '--detach-key', 'F1', 'a'], /^otg: F1 is not a Ctrl key; .*\n$/],
    ]
    await Promise.all(
      invalid.map(async ([args, line]) => {
        const { code, stdout, stderr } = await otg(emptyFolder(), args)
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
        expect(stderr).toMatch(line)
      }),
    )
  })

  it('prints its help to standard error without arguments', async () => {
    const { code, stdout, stderr } = await otg('', [])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^Usage: otg COMMAND/)
  })

  it('says how to start a host if none is running', async () => {
    const commands = [['ls'], ['run'], ['attach', 'a'], ['show', 'a'], ['send', 'a', 'b'], ['kill', 'a']].concat([
      ['pair'],
      ['devices'],
      ['revoke', 'a'],
    ])
    await Promise.all(
      commands.map(async args => {
        const folder = emptyFolder()
        const { code, stderr } = await otg(folder, args)
        expect(code).toBe(1)
        expect(stderr).toBe(`otg: no host is running for ${folder}; start one with: otg host --detach\n`)
      }),
    )
  })

  it('includes --data-dir in that hint if it was given, and prints errors as objects with --json', async () => {
    const folder = emptyFolder()
    const { code, stdout, error } = await otg('', ['--json', 'ls', '--data-dir', folder])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(error()).toEqual({
      code: 'host_not_running',
      message: `no host is running for ${folder}; start one with: otg host --detach --data-dir ${folder}`,
    })
  })
})

describe('otg host', () => {
  afterEach(cleanUp)

  it('prints its address as one line of JSON, and leaves nothing behind when it stops', async () => {
    const host = await startCliHost()
    const id = await startSession(host.dataDir, ['sh', '-c', 'sleep 1000 & echo bg $!; wait'])
    await until(async () => /bg \d+/.test(await screenOf(host.dataDir, id)), 'the background process')
    const child = Number(/bg (\d+)/.exec(await screenOf(host.dataDir, id))![1])
    const shell = (await sessions(host.dataDir))[0]!.pid!
    const { url, port } = host
    expect(JSON.parse(host.stdout())).toEqual({ url, pid: host.child.pid, data_dir: host.dataDir, port })
    expect(url).toBe(`http://127.0.0.1:${port}/`)
    expect(statSync(host.dataDir).mode & 0o777).toBe(0o700)

    host.child.kill('SIGTERM')
    expect(await host.finished).toMatchObject({ code: 0, stderr: '' })
    for (const pid of [host.pid, shell, child]) await until(() => !isAlive(pid), `process ${pid} to be gone`)
    for (const file of ['host.json', 'otg.sock']) expect(existsSync(join(host.dataDir, file))).toBe(false)
  })

  it('prints how many sessions it ends on Ctrl-C, and kills those that ignore SIGHUP on a second one', async () => {
    const folder = emptyFolder()
    const host = start(folder, ['host', '--port', '0'])
    await until(() => host.stdout().includes('Stop: Ctrl-C'), 'the host to be ready')
    const id = await startSession(folder, ['sh', '-c', "trap '' HUP; echo deaf; while :; do sleep 1000; done"])
    await until(async () => (await screenOf(folder, id)).includes('deaf'), 'the session to be deaf')
    const pid = (await sessions(folder))[0]!.pid!
    const began = Date.now()
    host.child.kill('SIGINT')
    await until(() => host.stdout().includes('Ending 1 session (press Ctrl-C again to force)'), 'the words')
    await until(() => host.child.kill('SIGINT') === false || host.child.exitCode !== null, 'the end')
    expect((await host.finished).code).toBe(0)
    expect(Date.now() - began).toBeLessThan(4_000)
    await until(() => !isAlive(pid), 'the session to be gone')
  })

  it('runs once per folder: a second one reports the first', async () => {
    const host = await startCliHost()
    const { code, error } = await otg(host.dataDir, ['host', '--json', '--port', '0'])
    expect(code).toBe(1)
    expect(error().code).toBe('host_running')
    expect(error().message).toContain(`pid ${host.pid}`)
    const detached = await otg(host.dataDir, ['host', '--json', '--detach', '--port', '0'])
    expect(detached.code).toBe(1)
    expect(detached.error()).toEqual(error())
  })

  it('reports which port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onCleanUp(() => new Promise(resolve => server.close(resolve)))
    await until(() => server.listening)
    const { port } = server.address() as { port: number }
    const { code, error } = await otg(emptyFolder(), ['host', '--json', '--port', `${port}`])
    expect(code).toBe(1)
    expect(error()).toEqual({ code: 'port_in_use', message: `port ${port} is taken; name another with --port` })
  })

  it('rejects an invalid address to listen on', async () => {
    const { code, error } = await otg(emptyFolder(), ['host', '--json', '--bind', 'nowhere'])
    expect({ code, error: error().code }).toEqual({ code: 1, error: 'bind_refused' })
  })

  it('listens on --bind and accepts the names of --allow-host, even in the background', async () => {
    const folder = emptyFolder()
    const network = ['--bind', '127.0.0.2,127.0.0.1', '--allow-host', 'desk.example, other.example:8443']
    const [ready] = (await otg(folder, ['host', '--detach', '--json', '--port', '0', ...network])).json() as [
      { pid: number; url: string; port: number },
    ]
    onCleanUp(() => isAlive(ready.pid) && process.kill(ready.pid, 'SIGKILL'))
    const status = (host: string) =>
      new Promise<number>((resolve, reject) => {
        const asked = request({ host: '127.0.0.2', port: ready.port, path: '/health', headers: { host } })
        asked.on('response', response => resolve(response.resume().statusCode!)).on('error', reject)
        asked.end()
      })
    for (const name of [`127.0.0.2:${ready.port}`, 'desk.example', 'other.example:8443'])
      expect(await status(name)).toBe(200)
    expect(await status('another.example')).toBe(421)
    process.kill(ready.pid, 'SIGTERM')
    await until(() => !isAlive(ready.pid), 'the host to be gone')
  })

  it('reports an unusable certificate, whose path is relative to the current folder', async () => {
    const here = temporaryFolder()
    const tls = ['--bind', 'loopback', '--tls-cert', 'cert.pem', '--tls-key', 'key.pem']
    for (const detach of [[], ['--detach']]) {
      const args = ['host', '--json', '--port', '0', ...tls, ...detach]
      const { code, error } = await otg(emptyFolder(), args, { cwd: here })
      expect({ code, error: error().code }).toEqual({ code: 1, error: 'tls_unusable' })
      expect(error().message).toContain(join(here, 'cert.pem'))
    }
  })

  it('reports an unusable data folder', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await otg(join(file, 'data'), ['host', '--port', '0'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^otg: the data folder .*file\/data cannot be used: .*\n$/)
    if (process.getuid?.() === 0) return
    const closed = temporaryFolder()
    chmodSync(closed, 0o500)
    expect((await otg(join(closed, 'data'), ['host', '--json', '--port', '0'])).error().code).toBe('data_dir_unusable')
  })

  it('does not touch a database of a newer version', async () => {
    const folder = emptyFolder()
    mkdirSync(folder, { mode: 0o700 })
    const database = new Database(join(folder, 'otg.db'))
    database.pragma('user_version = 99')
    database.close()
    const { code, error } = await otg(folder, ['host', '--json', '--port', '0'])
    expect({ code, error: error().code }).toEqual({ code: 1, error: 'store_newer' })
    expect(existsSync(join(folder, 'host.json'))).toBe(false)
    // And releases the folder.
    rmSync(join(folder, 'otg.db'))
    await startCliHost(folder)
  })

  it('keeps running when the reader of its output is gone', async () => {
    const host = await startCliHost()
    host.child.stdout!.destroy()
    for (const command of ['devices', 'ls']) expect((await otg(host.dataDir, [command])).code).toBe(0)
  })

  it('starts in the background, reports when it is ready, and outlives the starting process', async () => {
    const folder = emptyFolder()
    const { code, json, stderr } = await otg(folder, [
      'host',
      '--detach',
      '--json',
      '--port',
      '0',
      '--bind',
      'loopback',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [ready] = json() as { pid: number; url: string; data_dir: string }[]
    onCleanUp(() => isAlive(ready!.pid) && process.kill(ready!.pid, 'SIGKILL'))
    expect(Object.keys(ready!)).toEqual(['url', 'pid', 'data_dir', 'port'])
    expect(ready!.data_dir).toBe(folder)
    expect((await fetch(new URL('/health', ready!.url))).status).toBe(200)
    const id = await startSession(folder, ['sleep', '1000'])
    expect((await sessions(folder)).map(({ session_id }) => session_id)).toEqual([id])
    process.kill(ready!.pid, 'SIGTERM')
    await until(() => !isAlive(ready!.pid), 'the host to be gone')
    for (const file of ['host.json', 'otg.sock']) expect(existsSync(join(folder, file))).toBe(false)
  })
})

describe('sessions', () => {
  let host: CliHost
  let folder: string
  const run = (args: string[], options = {}) => otg(folder, ['run', ...args], options)

  beforeAll(async () => {
    host = await startCliHost()
    folder = host.dataDir
  })
  afterAll(cleanUp)

  it('are started, listed, typed into, shown and ended', async () => {
    const started = await run(['--detach', '--json', '--title', 'My work', '--cwd', '/usr', '--', 'sh'])
    expect(started).toMatchObject({ code: 0, stderr: '' })
    const [{ session_id: id }] = started.json() as [{ session_id: string }]
    expect(started.json()).toEqual([{ session_id: id }])

    const listed = await otg(folder, ['ls', '--json'])
    expect(listed.json()).toHaveLength(1)
    expect(listed.json()[0]).toMatchObject({
      session_id: id,
      title: 'My work',
      cwd: '/usr',
      state: 'running',
      command: ['sh'],
    })
    const row = `${id.slice(0, 8)} +running +\\d+s +80x24 +My work +sh +[$#]`
    const table = new RegExp(`^ID +STATE +AGE +SIZE +TITLE +COMMAND +LAST LINE\n${row}\n$`)
    await until(async () => table.test((await otg(folder, ['ls'])).stdout), 'the session with its prompt')

    expect(await otg(folder, ['send', id, 'pwd', '--enter'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
    await until(async () => (await screenOf(folder, id)).includes('\n/usr'), 'the answer')
    const sent = await otg(folder, ['send', '--json', '--enter', id, '--', 'echo', '-n', 'two', 'words'])
    expect(sent.json()).toEqual([{ session_id: id, bytes: 'echo -n two words\r'.length }])
    await until(async () => (await screenOf(folder, id)).includes('\ntwo words'), 'the answer')
    const [shown] = (await otg(folder, ['show', '--json', id])).json() as [{ lines: string[] }]
    expect(shown).toMatchObject({ session_id: id, cols: 80, rows: 24 })
    expect(shown.lines).toHaveLength(24)

    const killed = await otg(folder, ['kill', '--json', id])
    expect(killed).toMatchObject({ code: 0, stderr: '' })
    expect(killed.json()).toEqual([{ session_id: id, killed: true }])
    expect((await otg(folder, ['ls', '--json'])).json()).toEqual([])
    expect(await sessions(folder)).toMatchObject([{ session_id: id, state: 'killed', pid: null }])
    expect((await otg(folder, ['ls', '--all'])).stdout).toContain(`${id.slice(0, 8)}  killed`)
    expect((await otg(folder, ['ls'])).stderr).toBe('no running sessions; start one with: otg run\n')

    for (const args of [
      ['send', id, 'x'],
      ['kill', id],
    ]) {
      const late = await otg(folder, ['--json', ...args])
      expect({ code: late.code, error: late.error().code }).toEqual({ code: 1, error: 'session_ended' })
    }
  })

  it('are found by any unique prefix of their ID', async () => {
    const ids: string[] = []
    // At the latest, the 17th ID begins like another one.
    const alike = () => ids.find(id => ids.some(other => other !== id && other[0] === id[0]))
    while (!alike()) ids.push(await startSession(folder, ['sleep', '1000']))
    const twice = await otg(folder, ['show', '--json', alike()![0]!])
    expect({ code: twice.code, error: twice.error().code }).toEqual({ code: 1, error: 'session_ambiguous' })
    for (const id of ids.filter(id => id.startsWith(alike()![0]!)))
      expect(twice.error().message).toContain(id.slice(0, 8))
    expect((await otg(folder, ['kill', ids[0]!.slice(0, 8), ids[1]!.slice(0, 9)])).code).toBe(0)
    const partly = await otg(folder, ['kill', 'nope', ...ids.slice(2)])
    expect(partly).toMatchObject({ code: 1, stderr: 'otg: no session has the id nope\n' })
    expect((await otg(folder, ['ls', '--json'])).json()).toEqual([])
    for (const args of [
      ['attach', 'nope'],
      ['show', 'nope'],
      ['send', 'nope', 'x'],
    ]) {
      const { code, error, stdout } = await otg(folder, ['--json', ...args])
      expect({ code, error: error().code, stdout }).toEqual({ code: 1, error: 'session_unknown', stdout: '' })
    }
  })

  it('give run the exit code of their command', async () => {
    const [seven, killed, missing, script] = await Promise.all([
      run(['--', 'sh', '-c', 'echo out; exit 7']),
      run(['sh', '-c', 'kill -TERM $$']),
      run(['--json', 'no-such-command']),
      run(['/etc/passwd']),
    ])
    expect(seven).toMatchObject({ code: 7, stdout: 'out\r\n', stderr: '' })
    expect(killed).toMatchObject({ code: 143, stderr: '' })
    expect({ code: missing.code, error: missing.error().code }).toEqual({ code: 127, error: 'command_not_found' })
    expect(script).toMatchObject({ code: 126, stderr: 'otg: /etc/passwd is not executable\n' })
  })

  it('report how they ended with --json', async () => {
    const { code, stdout } = await run(['--json', '--', 'sh', '-c', 'exit 3'])
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ state: 'exited', exit_code: 3, signal: null })
  })

  it('start in the given folder, and report one that does not exist', async () => {
    expect((await run(['--cwd', '/usr', 'pwd'])).stdout).toBe('/usr\r\n')
    const here = temporaryFolder()
    expect((await run(['pwd'], { cwd: here })).stdout).toBe(`${here}\r\n`)
    const missing = await run(['--json', '--cwd', 'missing', 'pwd'], { cwd: here })
    expect({ code: missing.code, error: missing.error().code }).toEqual({ code: 1, error: 'cwd_not_found' })
    const from = join(here, 'from')
    mkdirSync(from)
    const leave = ['-c', 'cd "$0" && rmdir "$0" && exec "$@"', from, process.execPath, OTG, 'run', '--json', 'pwd']
    const gone = spawnSync('/bin/sh', leave, { env: environment(folder), encoding: 'utf8' })
    expect({ code: gone.status, error: JSON.parse(gone.stderr).error.code }).toEqual({
      code: 1,
      error: 'cwd_not_found',
    })
  })

  it('receive input piped into run, and its end', async () => {
    expect((await run(['cat'], { input: 'a line\n' })).stdout).toMatch(/^a line\r\na line\r\n$/)
    const { code, stdout } = await run(['sh'], { input: 'echo $((6 * 7)); exit 9' })
    expect(code).toBe(9)
    expect(stdout).toContain('42\r\n')
  })

  it('print every byte of a flood, in order', async () => {
    const { code, stdout } = await run(['seq', '1', '300000'])
    expect(code).toBe(0)
    const numbers = stdout.split('\r\n')
    expect(numbers.length).toBe(300_001)
    expect(numbers.every((number, at) => number === `${at + 1}` || at === 300_000)).toBe(true)
  })

  it('receive a megabyte from standard input as fast as they read', async () => {
    const id = await startSession(folder, [
      'sh',
      '-c',
      'stty raw -echo; echo ready; head -c 1500000 | cksum; sleep 1000',
    ])
    await until(async () => (await screenOf(folder, id)).includes('ready'), 'raw mode')
    const input = 'On the Go '.repeat(150_000)
    const { code, json } = await otg(folder, ['send', '--stdin', '--json', id], { input })
    expect({ code, json: json() }).toEqual({ code: 0, json: [{ session_id: id, bytes: 1_500_000 }] })
    await until(async () => /\d+ 1500000/.test(await screenOf(folder, id)), 'all of it')
    await endSession(folder, id)
  })

  it('keep running when the reader of run is gone', async () => {
    const running = start(folder, ['run', '--', 'sh', '-c', 'while :; do echo y; sleep 0.01; done'])
    await until(() => running.stdout().includes('y'), 'output')
    running.child.stdout!.destroy()
    expect(await running.finished).toMatchObject({ code: 141, stderr: '' })
    const session = (await sessions(folder)).find(({ state }) => state === 'running')!
    expect(session.clients).toBe(0)
    await endSession(folder, session.session_id)
  })
})
