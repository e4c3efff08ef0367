// A program in a session reads and controls other sessions only if a person allows it (cases 120 to 122 of
// docs/security-cases.md). Real processes in real sessions run the real otg.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isShownWhole } from '../../../protocol/shown-question.ts'
import { askingProgram } from '../../support/agents/asking-program.ts'
import {
  type CliHost,
  changeSettings,
  OTG,
  otg,
  screenOf,
  sessions,
  startCliHost,
  startSession,
  withClient,
} from '../../support/cli.ts'
import { asked, decide } from '../../support/control.ts'
import { cleanUp, keepAfterCleanUp, temporaryFolder, until } from '../../support/host.ts'

let host: CliHost
let stop: () => Promise<void>
beforeAll(async () => {
  host = await startCliHost()
  stop = keepAfterCleanUp()
})
afterAll(() => stop())
afterEach(cleanUp)

/** A session whose program runs `script`, with $OTG and $OTHER. */
async function program(script: string, other = ''): Promise<{ id: string; output: () => string }> {
  const out = join(temporaryFolder(), 'out')
  const command = `OTG="${process.execPath} ${OTG}"; OTHER=${other}; { ${script}; } >${out} 2>&1 </dev/null; echo over >>${out}; cat`
  const id = await startSession(host.dataDir, ['env', `OTG_DATA_DIR=${host.dataDir}`, 'sh', '-c', command])
  return {
    id,
    output: () => {
      try {
        return readFileSync(out, 'utf8')
      } catch {
        return '' // not begun
      }
    },
  }
}

const over = (running: { output: () => string }) =>
  until(() => running.output().endsWith('over\n'), `the end of the program: ${running.output()}`)
const infoOf = async (id: string) => (await sessions(host.dataDir)).find(one => one.session_id === id)!
const isAsked = async (id: string) => (await infoOf(id)).activity?.evidence === 'request'

/** Another session, which shows `shown` and what is typed into it. */
const shell = async (shown = 'ready') => {
  const id = await startSession(host.dataDir, ['sh', '-c', `echo ${shown}; exec cat`])
  await until(async () => (await screenOf(host.dataDir, id)).includes(shown), shown)
  return id
}

describe('case 120: what a program does to another session without being allowed', () => {
  const ATTEMPTS: [string, string, string][] = [
    ['typing', '$OTG send $OTHER --enter hello', 'see “…” and type into it'],
    ['reading its screen', '$OTG show $OTHER', 'read the screen of “…”'],
    ['reading it with its colors', '$OTG export $OTHER --format html', 'export all that “…” printed'],
    ['exporting a part', '$OTG export $OTHER --format txt --from 1', 'export a part of what “…” printed'],
    ['ending', '$OTG kill $OTHER', 'end “…”'],
    ['attaching to view', 'script -qec "$OTG attach --read-only $OTHER" /dev/null', 'watch “…”'],
    ['searching all sessions', '$OTG search secret', 'search all sessions for “secret”'],
    ['deleting its history', '$OTG delete --yes $OTHER', 'see when “…” printed something'],
    ['listing the paired devices', '$OTG devices', 'read the list of paired devices'],
  ]
  it.each(ATTEMPTS)('waits for a person, and is refused by a no: %s', async (_what, command, verb) => {
    const other = await shell('secret')
    const running = await program(command, other)
    const { activity, attention } = await asked(host.dataDir, running.id)
    expect(activity).toMatchObject({ state: 'blocked', question: { kind: 'approve', accepts_text: false } })
    const { title } = await infoOf(other)
    expect(activity!.question!.text.replace(/” \([\da-f]{8}\)/, '”')).toBe(
      `A program in this session wants to ${verb.replace('…', title)}.`,
    )
    expect(activity!.question!.context[0]).toContain('otg')
    expect(attention).toMatchObject({ kind: 'blocked', text: activity!.question!.text })
    await decide(host.dataDir, running.id, 'Deny')
    await over(running)
    // Only where it was said to: a terminal of `script` repeats it.
    expect(running.output()).toContain('a person refused it')
    expect(running.output().replace(/.*wants|.*waiting.*/g, '')).not.toContain('secret')
    expect(await screenOf(host.dataDir, other)).toBe('secret')
    expect((await infoOf(running.id)).activity?.question ?? null).toBeNull()
  })

  it('lists sessions, and reads its own, without asking', async () => {
    await shell()
    const running = await program(
      '$OTG ls; $OTG show $OTG_SESSION_ID; $OTG export $OTG_SESSION_ID --format txt; echo code $?',
    )
    await over(running)
    expect(running.output()).toContain('code 0')
    expect(await isAsked(running.id)).toBe(false)
  })

  it('lists the questions of others without the lines around them, until a person allowed it to read there', async () => {
    const asking = await startSession(host.dataDir, [askingProgram('ask "make SECRET-WORD"; key')])
    await until(async () => (await infoOf(asking)).activity?.question, 'the question')
    const running = await program('$OTG ls --json')
    await over(running)
    expect(running.output()).toContain('Do you want to proceed?')
    expect(running.output()).not.toMatch(/"context":\[[^\]]*SECRET-WORD/)
    expect((await infoOf(asking)).activity!.question!.context.join()).toContain('SECRET-WORD')
  })

  it('drives what it started without asking', async () => {
    const running = await program(
      'NEW=$($OTG run --detach -- cat); $OTG send $NEW --enter hello; until $OTG show $NEW | grep -q hello; do sleep 0.05; done; $OTG kill $NEW; echo code $?',
    )
    await over(running)
    expect(running.output()).toContain('code 0')
    expect(await isAsked(running.id)).toBe(false)
  })
})

describe('case 123: the question', () => {
  it('says what each answer covers, and is answered only where that is shown', async () => {
    const other = await shell()
    const running = await program('$OTG attach --read-only $OTHER; $OTG show $OTHER', other)
    const { activity } = await asked(host.dataDir, running.id)
    const details = activity!.question!.options.map(({ label, detail }) => [label, detail])
    expect(details).toEqual([
      ['Allow once', 'Only this, until the program disconnects.'],
      ['Allow this session', expect.stringContaining('control all others until it ends')],
      ['Always allow', expect.stringContaining('Every session')],
      ['Deny', undefined],
    ])
    expect(isShownWhole(activity!.question!, 1_000)).toBe(false)
    const { stdout } = await otg(host.dataDir, ['answer', running.id])
    expect(stdout).toContain('Allow once: Only this, until the program disconnects.')
    await decide(host.dataDir, running.id, 'Deny')
    await over(running)
  })

  it('names which one is meant of two sessions with one title', async () => {
    const twins = await withClient(host.dataDir, async client => [
      await client.create({ title: 'twin', command: ['cat'] }),
      await client.create({ title: 'twin', command: ['cat'] }),
    ])
    const { session_id } = twins[1]!
    const running = await program('$OTG show $OTHER', session_id)
    const { activity } = await asked(host.dataDir, running.id)
    expect(activity!.question!.text).toBe(
      `A program in this session wants to read the screen of “twin” (${session_id.slice(0, 8)}).`,
    )
    await decide(host.dataDir, running.id, 'Deny')
    await over(running)
  })

  it('names a session that only the history has by its title, also if the program named the beginning of its ID', async () => {
    const other = await startSession(host.dataDir, ['true'])
    await until(async () => (await infoOf(other)).state === 'exited', 'its end')
    const { title } = await infoOf(other)
    // More than the host keeps in memory.
    await withClient(host.dataDir, async client => {
      for (let i = 0; i < 18; i++) await client.create({ command: ['true'] })
    })
    await until(async () => (await infoOf(other)) === undefined, 'only the history to have it')
    const running = await program(`$OTG export ${other.slice(0, -4)} --format txt`)
    const { activity } = await asked(host.dataDir, running.id)
    expect(activity!.question!.text).toContain(`“${title}” (${other.slice(0, 8)})`)
    await decide(host.dataDir, running.id, 'Deny')
    await over(running)
  })
})

describe('case 121: a person who allows it', () => {
  it('once: this command, and the next one asks again', async () => {
    const other = await shell()
    const running = await program('$OTG send $OTHER --enter first; $OTG send $OTHER --enter second', other)
    await decide(host.dataDir, running.id, 'Allow once')
    await until(async () => (await screenOf(host.dataDir, other)).includes('first'), 'the first text')
    await asked(host.dataDir, running.id)
    await decide(host.dataDir, running.id, 'Deny')
    await over(running)
    expect(await screenOf(host.dataDir, other)).not.toContain('second')
    expect((await infoOf(running.id)).may_control).toBeUndefined()
  })

  it('for this session: visible in the list, until a person revokes it', async () => {
    const other = await shell()
    const go = join(temporaryFolder(), 'go')
    const running = await program(
      `$OTG send $OTHER --enter first; $OTG send $OTHER --enter second; until test -e ${go}; do sleep 0.05; done; $OTG show $OTHER`,
      other,
    )
    await decide(host.dataDir, running.id, 'Allow this session')
    await until(async () => (await screenOf(host.dataDir, other)).includes('second'), 'both texts')
    expect((await infoOf(running.id)).may_control).toBe(true)
    await otg(host.dataDir, ['allow', running.id, '--revoke'])
    expect((await infoOf(running.id)).may_control).toBeUndefined()
    writeFileSync(go, '')
    await asked(host.dataDir, running.id)
    await decide(host.dataDir, running.id, 'Deny')
    await over(running)
  })

  it('and takes it back: what is attached already no longer types', async () => {
    const other = await shell()
    const [go, typed] = [join(temporaryFolder(), 'go'), join(temporaryFolder(), 'typed')]
    const attach = `until test -e ${go}; do sleep 0.05; done; ${process.execPath} ${OTG} attach ${other}; echo "over $?"; touch ${typed}; cat`
    const viewing = await startSession(host.dataDir, ['env', `OTG_DATA_DIR=${host.dataDir}`, 'sh', '-c', attach])
    await otg(host.dataDir, ['allow', viewing])
    writeFileSync(go, '')
    await until(async () => (await infoOf(other)).clients === 1, 'the attachment')
    await otg(host.dataDir, ['send', viewing, 'before'])
    await until(async () => (await screenOf(host.dataDir, other)).includes('before'), 'the first text')
    await otg(host.dataDir, ['allow', viewing, '--revoke'])
    await until(async () => (await infoOf(other)).clients === 0, 'the end of the attachment')
    await until(() => existsSync(typed), 'the end of the command')
    await otg(host.dataDir, ['send', viewing, '--enter', 'after'])
    await until(async () => (await screenOf(host.dataDir, viewing)).includes('after'), 'the second text')
    expect(await screenOf(host.dataDir, other)).not.toContain('after')
  })

  it('always: for all sessions, as a setting', async () => {
    const other = await shell()
    const running = await program('$OTG send $OTHER --enter first', other)
    await decide(host.dataDir, running.id, 'Always allow')
    await over(running)
    const next = await program('$OTG send $OTHER --enter second', other)
    await over(next)
    await until(async () => (await screenOf(host.dataDir, other)).includes('second'), 'the second text')
    await changeSettings(host.dataDir, { agents_may_control: null })
  })

  it('beforehand, with otg allow', async () => {
    const other = await shell('secret')
    const go = join(temporaryFolder(), 'go')
    const running = await program(`until test -e ${go}; do sleep 0.05; done; $OTG show $OTHER`, other)
    expect((await otg(host.dataDir, ['allow', running.id, '--json'])).json()).toEqual([
      { session_id: running.id, may_control: true },
    ])
    writeFileSync(go, '')
    await over(running)
    expect(running.output()).toContain('secret')
  })
})

describe('case 122: a program', () => {
  it('does not give itself permission: not by answering, not by otg allow, not through a session that it may control', async () => {
    const other = await shell()
    const asking = await program('$OTG send $OTHER --enter no', other)
    const { activity } = await asked(host.dataDir, asking.id)
    const { question_id } = activity!.question!
    const trying = await program(
      `$OTG answer $OTHER yes --question ${question_id} --json; $OTG allow $OTHER --json; $OTG allow $OTG_SESSION_ID --json`,
      asking.id,
    )
    // It may control others, and still may not decide who else may.
    await decide(host.dataDir, trying.id, 'Allow once')
    await over(trying)
    expect(trying.output().match(/"code":"forbidden"/g)).toHaveLength(3)
    expect(await isAsked(asking.id)).toBe(true)
    await decide(host.dataDir, asking.id, 'Deny')
    await over(asking)
    expect(await screenOf(host.dataDir, other)).not.toContain('no')
  })

  it('is not asked for again for a while after a no', async () => {
    const other = await shell()
    const running = await program('$OTG send $OTHER x; $OTG send $OTHER x', other)
    await decide(host.dataDir, running.id, 'Deny')
    await over(running)
    expect(running.output()).toContain('a person refused this recently')
  })

  it('that is gone is no longer asked for', async () => {
    const other = await shell()
    const running = await program('$OTG send $OTHER x & echo $!; wait', other)
    await asked(host.dataDir, running.id)
    process.kill(Number(/^\d+/.exec(running.output())![0]))
    await until(async () => !(await isAsked(running.id)), 'the question to go')
    expect((await infoOf(running.id)).attention).toBeNull()
  })

  it('does not count as a person who has seen a session', async () => {
    const other = await startSession(host.dataDir, ['sh', '-c', "printf 'shown\\033]9;look\\007'; exec cat"])
    await until(async () => (await infoOf(other)).attention !== null, 'its notification')
    const go = join(temporaryFolder(), 'go')
    const script = `until test -e ${go}; do sleep 0.05; done; exec ${process.execPath} ${OTG} attach ${other}`
    const viewing = await startSession(host.dataDir, ['env', `OTG_DATA_DIR=${host.dataDir}`, 'sh', '-c', script])
    await otg(host.dataDir, ['allow', viewing])
    writeFileSync(go, '')
    await until(async () => (await screenOf(host.dataDir, viewing)).includes('shown'), 'the other screen')
    expect((await infoOf(other)).attention).toMatchObject({ text: 'look' })
  })

  it('makes no more requests wait than eight of one session', async () => {
    const other = await shell()
    const running = await program('for i in 1 2 3 4 5 6 7 8 9; do $OTG show $OTHER --json & done; wait', other)
    await until(() => running.output().includes('too many requests from this session'), 'the refusal')
    await decide(host.dataDir, running.id, 'Deny')
    await over(running)
  })
})
