// Whether a prompt on the screen is one, by the processes of a terminal.
import { spawn } from 'node-pty'
import { afterEach, describe, expect, it } from 'vitest'
import { checked, PromptCheck } from '../../../main/host/agents/prompt-check.ts'
import type { Finding } from '../../../main/host/agents/screen-rules.ts'
import { type Reading, readingOf } from '../../../main/host/agents/terminal-reader.ts'
import { until } from '../../support/host.ts'

const FOUND: Finding = {
  state: 'blocked',
  program: 'the program',
  agent: false,
  rule: 'prompts/yes-or-no',
  certain: false,
  question: null,
  task: '',
}

const opened: ReturnType<typeof spawn>[] = []
afterEach(() => {
  for (const pty of opened.splice(0)) pty.kill('SIGKILL')
})

/** Resolves when the script has printed `Go?`. */
async function run(script: string): Promise<number> {
  const pty = spawn('/bin/bash', ['-c', script], {})
  opened.push(pty)
  await new Promise<void>(resolve => {
    let text = ''
    pty.onData(data => {
      text += data
      if (text.includes('Go?')) resolve()
    })
  })
  return pty.pid
}

describe.runIf(process.platform === 'linux')('the processes of a terminal', () => {
  it.each([
    ['reads', 'read -p "Go? [y/N] " answer; exit'],
    ['reads', '(printf "Go? "; cat); exit'],
    ['not', 'printf "Go? [y/N] "; sleep 60; exit'],
    ['not', 'printf "Go? [y/N] "; sleep 60 | cat; exit'],
  ] as const)('%s: %s', async (reading, script) => {
    const pid = await run(script)
    let found: Reading | undefined
    await until(async () => (found = await readingOf(pid)) === reading, `that it is ${reading}, not ${found}`)
  })

  it('are unknown when one polls, and when there is none', async () => {
    const pid = await run('printf "Go? "; tail -f /dev/null')
    expect(await readingOf(pid)).not.toBe('reads')
    expect(await readingOf(2 ** 30)).toBe('unknown')
  })
})

describe('a prompt on the screen', () => {
  it('is certain when it is read, likely when that is unknown, and none when no process reads', () => {
    expect(checked(FOUND, 'reads')).toEqual({ ...FOUND, certain: true })
    expect(checked(FOUND, 'unknown')).toBe(FOUND)
    expect(checked(FOUND, 'not')).toBe(undefined)
    expect(checked({ ...FOUND, reads: true }, 'unknown')).toBe(undefined)
  })

  it('is not doubted for an agent, which polls', () => {
    const found = { ...FOUND, agent: true }
    expect(checked(found, 'not')).toBe(found)
  })

  it('appears when its program begins to read, and not after the screen has changed', async () => {
    let reading: Reading = 'not'
    const delivered: (Finding | undefined)[] = []
    const check = new PromptCheck(
      1,
      finding => delivered.push(finding),
      async () => reading,
      1,
    )
    check.seen(FOUND)
    await until(() => delivered.length > 1, 'two checks')
    expect(new Set(delivered)).toEqual(new Set([undefined]))
    reading = 'reads'
    await until(() => delivered.at(-1)?.certain, 'the prompt')
    check.seen(FOUND)
    check.seen(undefined)
    const { length } = delivered
    await new Promise(resolve => setImmediate(resolve))
    expect(delivered.slice(length)).toEqual([])
    expect(delivered.at(-1)).toBe(undefined)
    check.dispose()
  })
})
