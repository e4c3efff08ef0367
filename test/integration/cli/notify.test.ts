// otg notify: a hook inside a real session tells what the session's program does.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { hookCommand, shellWord } from '../../../main/cli/hooks/hook-command.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { environment, OTG, otg, start } from '../../support/cli.ts'
import { cleanUp, localClient, startHost, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

const NOTIFY = `${shellWord(process.execPath)} ${shellWord(OTG)} notify --verbose`

/** A program with the name of an agent; `body` is bash. */
function program(body: string, name = 'agent'): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, `#!/bin/bash\nnotify() { ${NOTIFY} "$@"; }\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}

async function watchedHost() {
  const host = await startHost()
  const client = localClient(host)
  const seen: (string | undefined)[] = []
  let sessions: SessionInfo[] = []
  client.on('sessions', list => {
    sessions = list
    const state = list.at(-1)?.activity?.state
    if (state !== seen.at(-1)) seen.push(state)
  })
  client.watch()
  return { host, client, seen, session: () => sessions.at(-1) }
}

describe('otg notify', () => {
  it('reports the steps of an agent from its hooks: work, a question, the end of the turn', async () => {
    const { client, session } = await watchedHost()
    const hook = (event: string, more = '') =>
      `printf '{"hook_event_name":"${event}"${more}}' | notify --agent 'An agent'`
    const { session_id } = await client.create({
      command: [
        program(
          [
            hook('UserPromptSubmit'),
            'read -r',
            hook('PermissionRequest', ',"tool_name":"Bash","tool_input":{"command":"rm -r build"}'),
            'read -r',
            hook('PostToolUse'),
            'read -r',
            hook('Stop', ',"last_assistant_message":"I removed it."'),
            'read -r',
          ].join('\n'),
        ),
      ],
    })
    const attachment = client.attach(session_id, { write: (_, done) => done(), resize: () => {}, reset: () => {} })
    attachment.setPresent(false)
    await until(() => session()?.activity?.state === 'working', 'work')
    attachment.type(Buffer.from('\r'))
    await until(() => session()?.activity?.state === 'blocked', 'the question')
    expect(session()!.activity).toMatchObject({ agent: 'An agent', evidence: 'hook', confidence: 'certain' })
    expect(session()!.activity!.question).toMatchObject({ text: 'Bash: rm -r build' })
    expect(session()!.attention).toMatchObject({ kind: 'blocked', text: 'Bash: rm -r build' })
    attachment.type(Buffer.from('\r'))
    await until(() => session()?.activity?.state === 'working', 'work again')
    attachment.type(Buffer.from('\r'))
    await until(() => session()?.activity?.state === 'done', 'the end of the turn')
    expect(session()!.attention).toMatchObject({ kind: 'done', text: 'I removed it.' })
  })

  it('takes state and text as options, and JSON as an argument', async () => {
    const { client, session } = await watchedHost()
    const codex = JSON.stringify({ type: 'agent-turn-complete', 'last-assistant-message': 'It’s “done”' })
    await client.create({
      command: [program(`notify --state working --text=x\n\nnotify ${shellWord(codex)} </dev/null\nsleep 1000`)],
    })
    await until(() => session()?.attention, 'the end of the turn')
    expect(session()!.attention).toMatchObject({ kind: 'done', text: 'It’s “done”' })
  })

  it('tells once that a script is done, although nothing was known of it before', async () => {
    const { client, session } = await watchedHost()
    const { session_id } = await client.create({
      command: [
        program('notify --text Built </dev/null\nread -r\nnotify --text Built </dev/null\necho told\nsleep 1000'),
      ],
    })
    await until(() => session()?.attention, 'the end')
    expect(session()).toMatchObject({ activity: { state: 'done' }, attention: { kind: 'done', text: 'Built' } })
    await client.markSeen(session_id)
    const attachment = client.attach(session_id, { write: (_, done) => done(), resize: () => {}, reset: () => {} })
    attachment.setPresent(false)
    attachment.type(Buffer.from('\r'))
    await until(async () => (await client.screen(session_id)).lines.includes('told'), 'the second report')
    await client.list()
    expect(session()).toMatchObject({ activity: { state: 'idle' }, attention: null })
  })

  it('tells no end when a program says that it is idle', async () => {
    const { client, session } = await watchedHost()
    await client.create({
      command: [program('notify --state working --text x\nnotify --state idle --text x\nsleep 1000')],
    })
    await until(() => session()?.activity?.state === 'idle', 'the program to be idle')
    expect(session()!.attention).toBe(null)
  })

  it('prints nothing and exits with code 0, whatever it is given and wherever it runs', async () => {
    const folder = temporaryFolder()
    const inside = { ...environment(folder), OTG_SESSION_ID: 'gone' }
    const runs = [
      otg(folder, ['notify']),
      otg(folder, ['notify', '--state', 'asleep', '--bogus', 'x']),
      otg(folder, ['notify'], { env: inside, input: 'not JSON' }),
      otg(folder, ['notify'], { env: inside, input: '{"hook_event_name":"SubagentStop"}' }),
      otg(folder, ['--json', 'notify', '--state', 'done'], { env: inside }),
    ]
    for (const run of runs) expect(await run).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  it('says with --verbose why nothing was told', async () => {
    const folder = temporaryFolder()
    const { stderr, code } = await otg(folder, ['notify', '--verbose'])
    expect({ stderr, code }).toEqual({ stderr: 'otg: not inside a session: OTG_SESSION_ID is not set\n', code: 0 })
  })

  it('ends although nothing is written to standard input, and reads all of what is', async () => {
    const folder = temporaryFolder()
    const env = { ...environment(folder), OTG_SESSION_ID: 'gone' }
    const silent = start(folder, ['notify'], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    expect((await silent.finished).code).toBe(0)

    const child = spawn(process.execPath, [OTG, 'notify'], { env, stdio: ['pipe', 'ignore', 'ignore'] })
    const failures: Error[] = []
    child.stdin.on('error', error => failures.push(error))
    const ended = new Promise(resolve => child.on('close', resolve))
    child.stdin.end(`{"hook_event_name":"PostToolUse","tool_response":"${'x'.repeat(4 * 1024 * 1024)}"}`)
    expect(await ended).toBe(0)
    expect(failures).toEqual([])
  })
})

describe('otg hooks', () => {
  it('installs hooks that work inside a session, shows what changes, and removes them', async () => {
    const home = temporaryFolder()
    const settings = join(home, '.claude', 'settings.json')
    mkdirSync(join(home, '.claude'))
    writeFileSync(settings, '{ "model": "x" }\n')
    const env = { ...environment(home), HOME: home, PATH: '/usr/bin:/bin' }
    const dry = await otg(home, ['hooks', 'install', '--dry-run'], { env })
    expect(dry.stdout).toContain('-{ "model": "x" }')
    expect(readFileSync(settings, 'utf8')).toBe('{ "model": "x" }\n')
    expect((await otg(home, ['hooks', 'install', '--yes'], { env })).code).toBe(0)
    expect((await otg(home, ['hooks', 'status', '--json'], { env })).json()).toEqual([
      { agent: 'claude', state: 'installed', folder: join(home, '.claude') },
    ])

    const { hooks } = JSON.parse(readFileSync(settings, 'utf8'))
    const { command } = hooks.PermissionRequest[0].hooks[0]
    const { client, session } = await watchedHost()
    const payload = '{"hook_event_name":"PermissionRequest","tool_name":"Bash","tool_input":{"command":"make"}}'
    await client.create({ command: [program(`printf '${payload}' | ${command}\nsleep 1000`)] })
    await until(() => session()?.activity?.state === 'blocked', 'the question')
    expect(session()!.activity).toMatchObject({ agent: 'Claude Code', question: { text: 'Bash: make' } })

    expect((await otg(home, ['hooks', 'remove', 'claude', '--yes'], { env })).code).toBe(0)
    expect(readFileSync(settings, 'utf8')).toBe('{ "model": "x" }\n')
  })

  it('runs nothing outside a session, and where otg is gone', () => {
    const outside = hookCommand({ node: '/bin/echo', otg: OTG }, [])
    const gone = hookCommand({ node: '/bin/echo', otg: '/gone/otg.js' }, [])
    const run = (command: string, env: NodeJS.ProcessEnv) =>
      spawnSync('/bin/sh', ['-c', command], { env, input: 'x'.repeat(1024 * 1024), encoding: 'utf8' })
    expect(run(outside, { PATH: '/usr/bin:/bin' }).error).toBe(undefined)
    const nothing = { status: 0, stdout: '', stderr: '' }
    expect(run(outside, { PATH: '/usr/bin:/bin' })).toMatchObject(nothing)
    expect(run(gone, { PATH: '/usr/bin:/bin', OTG_SESSION_ID: 'x' })).toMatchObject(nothing)
    expect(run(outside, { PATH: '/usr/bin:/bin', OTG_SESSION_ID: 'x' }).stdout).toBe(`${OTG} notify\n`)
  })

  it('rejects unknown agents and actions, and does not ask without a terminal', async () => {
    const env = { ...environment(''), HOME: temporaryFolder() }
    expect((await otg('', ['hooks', 'install', 'emacs'], { env })).stderr).toContain('unknown agent emacs')
    expect((await otg('', ['hooks', 'upgrade', 'claude'], { env })).stderr).toContain('not upgrade')
    expect(await otg('', ['hooks', 'install', 'claude'], { env })).toMatchObject({ code: 2 })
  })
})
