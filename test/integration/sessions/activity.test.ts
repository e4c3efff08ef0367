// What a session's program is doing, and answers to its questions: real sessions with programs that print what agents print.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { READY_MS } from '../../../main/host/agents/activity-tracker.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { cleanUp, localClient, Recorder, startHost, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

/** A program with the name of an agent that asks whether it may do something, and prints what is typed. */
function agentScript(name: string, body: string): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, `#!/bin/bash\nstty -echo -icanon\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}

const ASK = `ask() { printf '\\033[2J\\033[H────────────\\n Bash command\\n\\n   curl %s\\n\\n Do you want to proceed?\\n ❯ 1. Yes\\n   2. Yes, and don’t ask again\\n   3. No\\n' "$1"; }`

function watch(client: LocalClient) {
  let sessions: SessionInfo[] = []
  client.on('sessions', list => {
    sessions = list
  })
  client.watch()
  return (id: string) => sessions.find(({ session_id }) => session_id === id)
}

describe('a question on an agent’s screen', () => {
  it('blocks its session, needs a person once, and is answered by the keys of an option', async () => {
    const client = localClient(await startHost())
    const of = watch(client)
    const script = agentScript(
      'claude',
      `${ASK}\nask one; read -rn1 key; printf '\\033[2J\\033[Hgot %s\\n' "$key"; echo '(esc to interrupt)'; read -rn1; printf '\\033[2J\\033[H> \\n'; read -rn1`,
    )
    const { session_id } = await client.create({ command: [script] })
    await until(() => of(session_id)?.activity?.state === 'blocked', 'the question')
    const { activity, attention } = of(session_id)!
    expect(activity).toMatchObject({ agent: 'Claude Code', evidence: 'screen', confidence: 'certain' })
    expect(activity!.question).toMatchObject({
      kind: 'approve',
      text: 'Do you want to proceed?',
      context: ['Bash command', 'curl one'],
      options: [
        { label: 'Yes', key: '1', answer: 'yes' },
        { label: 'Yes, and don’t ask again', key: '2', answer: null },
        { label: 'No', key: '3', answer: 'no' },
      ],
    })
    expect(attention).toMatchObject({ kind: 'blocked', text: 'Do you want to proceed?' })
    const { question_id } = activity!.question!
    await expect(client.answer(session_id, 'other', { option: 0 })).rejects.toMatchObject({ code: 'question_changed' })
    await client.answer(session_id, question_id, { option: 0 })
    await expect(client.answer(session_id, question_id, { option: 2 })).rejects.toMatchObject({ code: 'question_gone' })
    await until(() => of(session_id)?.activity?.state === 'working', 'work')
    expect(of(session_id)!.attention).toBe(null)
    await until(async () => (await client.screen(session_id)).lines[0] === 'got 1', 'the key')
  })

  it('is answered no sooner than its program takes keys', async () => {
    const client = localClient(await startHost())
    const of = watch(client)
    const script = agentScript(
      'claude',
      `${ASK}\nask one; asked=\${EPOCHREALTIME/./}; read -rn1; printf '\\033[2J\\033[Hafter %s us\\n' $((\${EPOCHREALTIME/./} - asked)); read -rn1`,
    )
    const { session_id } = await client.create({ command: [script] })
    await until(() => of(session_id)?.activity?.state === 'blocked', 'the question')
    await client.answer(session_id, of(session_id)!.activity!.question!.question_id, { option: 0 })
    const line = async () => (await client.screen(session_id)).lines[0]!
    await until(async () => (await line()).startsWith('after '), 'the key')
    expect(Number((await line()).split(' ')[1])).toBeGreaterThan(READY_MS * 1_000 - 5_000)
  })
})

describe('a question that came up before a viewer', () => {
  it('is told once when the viewer has left without an answer', async () => {
    const client = localClient(await startHost({ timing: { left_ms: 50 } }))
    const of = watch(client)
    const { session_id } = await client.create({
      command: [agentScript('claude', `${ASK}\nread -rn1; ask one; read -rn1`)],
    })
    const told: string[] = []
    client.on('sessions', ([session]) => {
      const { text, kind } = session?.attention ?? {}
      if (kind !== 'blocked') isPending = false
      else if (!isPending) isPending = told.push(text!) > 0
    })
    let isPending = false
    const viewer = client.attach(session_id, new Recorder())
    const typist = client.attach(session_id, new Recorder(), { window: 0 })
    await until(() => of(session_id)?.viewers.length === 1, 'the viewer')
    typist.type(Buffer.from('x'))
    await until(() => of(session_id)?.activity?.state === 'blocked', 'the question')
    expect(of(session_id)!.attention).toBe(null)
    viewer.setPresent(false)
    await until(() => of(session_id)?.attention?.kind === 'blocked', 'the attention')
    // A person who comes, looks and leaves has been told.
    viewer.setPresent(true)
    await until(() => of(session_id)?.attention === null, 'the person')
    viewer.setPresent(false)
    typist.type(Buffer.from('y'))
    await until(() => of(session_id)?.state === 'exited', 'the end')
    expect(told).toEqual(['Do you want to proceed?'])
  })
})
