// The scripts in docs/supervising.md do what the page says.

import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { askingProgram } from '../../support/agents/asking-program.ts'
import { environment, OTG, otg, sessions, startCliHost, startSession } from '../../support/cli.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'supervising.md'), 'utf8')
const [startTasks, approve, log] = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script]) => script!)

/** Runs a script of the page with `otg` on the PATH. */
function run(dataDir: string, script: string, env: Record<string, string> = {}) {
  const folder = join(temporaryFolder(), 'bin')
  mkdirSync(folder)
  writeFileSync(join(folder, 'otg'), `#!/bin/sh\nexec ${process.execPath} ${OTG} "$@"\n`)
  chmodSync(join(folder, 'otg'), 0o755)
  const base = environment(dataDir)
  const child = spawn('sh', ['-c', script], { cwd: folder, env: { ...base, ...env, PATH: `${folder}:${base.PATH}` } })
  onCleanUp(() => child.kill('SIGKILL'))
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')
  return { stdout: () => stdout, ended, read }
}

it('starts tasks and waits until each needs its user', async () => {
  const { dataDir } = await startCliHost()
  const claude = askingProgram('work "$1"; case $1 in fix*) ask "make test" ;; *) key ;; esac; key')
  // Sessions find programs on the PATH of the host.
  const script = run(dataDir, startTasks!.replace('claude', claude))
  await until(async () => (await sessions(dataDir)).length === 2, 'the tasks')
  const second = () =>
    sessions(dataDir).then(list => list.find(({ command }) => command[1] === 'update the changelog')!)
  await until(async () => (await second()).activity?.state === 'working', 'work')
  await otg(dataDir, ['kill', (await second()).session_id])
  await script.ended
  expect(script.stdout()).toMatch(/^[-\w]{36}: exit code 0\n[-\w]{36}: exit code 3\nID .*\n.* blocked .*\n$/)
})

it('approves what is harmless, and stops at anything else', async () => {
  const { dataDir } = await startCliHost()
  const program = askingProgram('ask "make test"; key; work "got $key"; ask "make test -k"; key; ask "rm -rf /"; key')
  const id = await startSession(dataDir, [program])
  const script = run(dataDir, approve!, { ID: id })
  await script.ended
  expect(JSON.parse(script.read('last-state.json'))).toMatchObject({
    session_id: id,
    state: 'blocked',
    question: { context: ['Bash command', 'rm -rf /'] },
  })
})

it('keeps a log of questions', async () => {
  const host = await startCliHost()
  const { dataDir } = host
  const id = await startSession(dataDir, [askingProgram('ask "make one"; key; work one; key; ask "make two"; key')])
  const script = run(dataDir, log!)
  const questions = () =>
    script
      .read('questions.jsonl')
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
  await until(() => questions().length === 1, 'the first question')
  await otg(dataDir, ['answer', id, 'yes'])
  await otg(dataDir, ['send', id, 'x'])
  await until(() => questions().length === 2, 'the second question')
  expect(questions().map(({ question }) => question.context[1])).toEqual(['make one', 'make two'])
  host.child.kill('SIGTERM')
  await script.ended
})
