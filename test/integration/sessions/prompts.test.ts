// Questions of ordinary programs in real sessions.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { cleanUp, localClient, startHost, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

function script(name: string, body: string): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, `#!/bin/bash\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}

function watch(client: LocalClient) {
  let sessions: SessionInfo[] = []
  client.on('sessions', list => {
    sessions = list
  })
  client.watch()
  return (id: string) => sessions.find(({ session_id }) => session_id === id)
}

describe('a question of an ordinary program', () => {
  it('is answered with the keys of an option, and a password with a text', async () => {
    const client = localClient(await startHost())
    const of = watch(client)
    const body =
      'read -p "Deploy to production? [y/N] " a; read -sp "Registry password: " b; echo; echo "got $a $b"; read -rsn1'
    const { session_id } = await client.create({ command: [script('deploy', body)] })
    await until(() => of(session_id)?.activity?.state === 'blocked', 'the question')
    const { question } = of(session_id)!.activity!
    expect(question).toMatchObject({
      kind: 'approve',
      text: 'Deploy to production? [y/N]',
      options: [
        { key: 'y', answer: 'yes' },
        { key: 'n', answer: 'no' },
      ],
    })
    expect(of(session_id)!.attention).toMatchObject({ kind: 'blocked', text: 'Deploy to production? [y/N]' })
    if (process.platform === 'linux') expect(of(session_id)!.activity!.confidence).toBe('certain')
    await client.answer(session_id, question!.question_id, { option: 0 })
    await until(() => of(session_id)?.activity?.question?.kind === 'password', 'the password')
    const password = of(session_id)!.activity!.question!
    expect(password).toMatchObject({ text: 'Registry password:', accepts_text: true })
    await client.answer(session_id, password.question_id, { text: 'open sesame' })
    await until(async () => (await client.screen(session_id)).lines.join().includes('got y open sesame'), 'the answers')
    await until(() => of(session_id)?.activity === null, 'the end of the questions')
  })

  it('case 129: is answered by two answers of a client at a time, and further ones are refused at once', async () => {
    const client = localClient(await startHost())
    const of = watch(client)
    const { session_id } = await client.create({ command: [script('deploy', 'read -p "Deploy? [y/N] " a; exec cat')] })
    await until(() => of(session_id)?.activity?.state === 'blocked', 'the question')
    const { question_id } = of(session_id)!.activity!.question!
    const codes = await Promise.all(
      Array.from({ length: 50 }, () =>
        client.answer(session_id, question_id, { option: 1 }).then(
          () => 'ok',
          error => error.code as string,
        ),
      ),
    )
    expect(codes.filter(code => code === 'too_many_requests')).toHaveLength(48)
    expect(codes.filter(code => code === 'ok')).toHaveLength(1)
    const later = client.answer(session_id, question_id, { option: 1 }).catch(error => error.code as string)
    expect(await later).not.toBe('too_many_requests')
  })

  it('that is answered with a single key gets no Enter, which would answer the next one', async () => {
    const client = localClient(await startHost())
    const of = watch(client)
    const body =
      'read -rn1 -p "Stop the server? [y/N] " a; echo; read -rp "Delete its data? [Y/n] " b; echo "$a-$b-"; read -rsn1'
    const { session_id } = await client.create({ command: [script('reset', body)] })
    await until(() => of(session_id)?.activity?.question?.text.startsWith('Stop'), 'the first question')
    await client.answer(session_id, of(session_id)!.activity!.question!.question_id, { option: 0 })
    await until(() => of(session_id)?.activity?.question?.text.startsWith('Delete'), 'the second question')
    await client.answer(session_id, of(session_id)!.activity!.question!.question_id, { option: 1 })
    await until(async () => (await client.screen(session_id)).lines.join().includes('y-n-'), 'both answers')
  })

  // Each asks for a key or a line, is slow to go on, and asks again; `key` is what it does with the first answer.
  const asking = (first: string) => `#!${process.execPath}
    const { createInterface } = require('node:readline')
    const line = (text, then) => {
      const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false })
      process.stdout.write(text)
      lines.once('line', answer => then(answer))
    }
    const key = (text, then) => {
      process.stdin.setRawMode(true)
      process.stdout.write(text)
      process.stdin.once('data', data => {
        process.stdin.pause()
        then(String(data))
      })
    }
    const second = first => setTimeout(() => {
      if (process.stdin.isRaw) process.stdin.setRawMode(false)
      process.stdout.write('\\n')
      line('Delete its data? [Y/n] ', answer => {
        console.log(first + '-' + answer + '-')
        setTimeout(() => {}, 60000)
      })
    }, 1200)
    ${first}`

  it.each([
    ['reads a key and shows nothing', "key('Stop the server? [y/N] ', second)"],
    [
      'reads a key, shows it and gives the terminal back',
      "key('Stop the server? [y/N] ', key => { process.stdout.write(key); process.stdin.setRawMode(false); second(key) })",
    ],
    ['reads a line', "line('Stop the server? [y/N] ', second)"],
    [
      'edits a line by itself',
      "const own = createInterface({ input: process.stdin, output: process.stdout }); own.question('Stop the server? [y/N] ', answer => { own.close(); second(answer) })",
    ],
  ])('is answered with as many Enters as it takes when its program %s and goes on late', async (_, first) => {
    const client = localClient(await startHost())
    const of = watch(client)
    const file = join(temporaryFolder(), 'slow')
    writeFileSync(file, asking(first), { mode: 0o755 })
    const { session_id } = await client.create({ command: [file] })
    await until(() => of(session_id)?.activity?.question?.text.startsWith('Stop'), 'the first question')
    await client.answer(session_id, of(session_id)!.activity!.question!.question_id, { option: 0 })
    await until(() => of(session_id)?.activity?.question?.text.startsWith('Delete'), 'the second question')
    await client.answer(session_id, of(session_id)!.activity!.question!.question_id, { option: 1 })
    await until(async () => (await client.screen(session_id)).lines.join().includes('y-n-'), 'both answers')
  })

  it.each([
    [
      'a key, and works by itself',
      "read -rn1 -p 'Stop the server? [y/N] ' a; for ((i = 0; i < 300000; i++)); do :; done",
    ],
    ['a key, and starts a slow command', "read -rsn1 -p 'Stop the server? [y/N] ' a; sleep 1.2"],
    ['up to three characters', "read -rn3 -p 'Stop the server? [y/N] ' a; sleep 1"],
    ['a line with an editor', "read -rep 'Stop the server? [y/N] ' a; sleep 1"],
  ])('is answered with as many Enters as it takes when bash reads %s', async (_, first) => {
    const client = localClient(await startHost())
    const of = watch(client)
    const body = `${first}; echo; read -rp "Delete its data? [Y/n] " b; echo "$a-$b-"; read -rsn1`
    const { session_id } = await client.create({ command: [script('slow', body)] })
    await until(() => of(session_id)?.activity?.question?.text.startsWith('Stop'), 'the first question')
    await client.answer(session_id, of(session_id)!.activity!.question!.question_id, { option: 0 })
    await until(() => of(session_id)?.activity?.question?.text.startsWith('Delete'), 'the second question')
    await client.answer(session_id, of(session_id)!.activity!.question!.question_id, { option: 1 })
    await until(async () => (await client.screen(session_id)).lines.join().includes('y-n-'), 'both answers')
  })

  it.runIf(process.platform === 'linux')('is answered with a text when it is a text that a process reads', async () => {
    const client = localClient(await startHost())
    const of = watch(client)
    const { session_id } = await client.create({
      command: [script('name', 'read -rp "Name of the branch: " a; echo "got $a"; read -rsn1')],
    })
    await until(() => of(session_id)?.activity?.question?.kind === 'answer', 'the question')
    await client.answer(session_id, of(session_id)!.activity!.question!.question_id, { text: 'main' })
    await until(async () => (await client.screen(session_id)).lines.join().includes('got main'), 'the answer')
  })

  it.runIf(process.platform === 'linux')('is none while its program does something else', async () => {
    const client = localClient(await startHost())
    const of = watch(client)
    const flag = join(temporaryFolder(), 'read-now')
    const body = `printf 'Overwrite the old one? (y/n) '; while [[ ! -e ${flag} ]]; do sleep 0.05; done; read answer`
    const { session_id } = await client.create({ command: [script('half', body)] })
    await until(async () => (await client.screen(session_id)).lines.join().includes('(y/n)'), 'the words')
    const other = await client.create({ command: [script('ask', 'read -p "Sure? (y/n) " answer')] })
    await until(() => of(other.session_id)?.activity?.state === 'blocked', 'another session’s question')
    expect(of(session_id)).toMatchObject({ activity: null, attention: null })
    writeFileSync(flag, '')
    await until(() => of(session_id)?.activity?.state === 'blocked', 'the question')
  })
})

describe('a rule of a user', () => {
  it('counts for sessions that run, and stays when another file is invalid', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    mkdirSync(join(dataDir, 'rules'), { recursive: true })
    writeFileSync(join(dataDir, 'rules', 'broken.json'), '{ "name": "broken" }')
    const host = await startHost({ dataDir })
    const client = localClient(host)
    const of = watch(client)
    const body = 'printf "Tool 3.1 (%s)\nship it, captain> " $$; read -r answer; echo "got $answer"; read -rsn1'
    const { session_id } = await client.create({ command: [script('tool', body)] })
    await until(async () => (await client.screen(session_id)).lines.join().includes('captain>'), 'the words')
    const rule = {
      id: 'ship',
      state: 'blocked',
      all: ['^Tool 3'],
      before_cursor: '^ship it, captain>$',
      at_cursor: true,
      at_end: true,
      question: {
        kind: 'approve',
        from: '^ship it',
        options: [
          { label: 'Yes', key: 'aye', keys: ['aye', '\r'] },
          { label: 'No', key: 'nay', keys: ['nay', '\r'] },
        ],
      },
    }
    const rules = { name: 'Tool', commands: ['tool'], agent: false, rules: [rule] }
    writeFileSync(join(dataDir, 'rules', 'tool.json'), JSON.stringify(rules))
    await until(() => of(session_id)?.activity?.state === 'blocked', 'the question')
    const { activity } = of(session_id)!
    expect(activity).toMatchObject({ agent: 'Tool', confidence: 'certain', question: { text: 'ship it, captain>' } })
    await client.answer(session_id, activity!.question!.question_id, { option: 0 })
    await until(async () => (await client.screen(session_id)).lines.join().includes('got aye'), 'the answer')
    const log = readFileSync(join(dataDir, 'host.log'), 'utf8')
    const reported = log.split('\n').filter(line => line.includes('rules_invalid'))
    expect(reported).toHaveLength(1)
    expect(JSON.parse(reported[0]!)).toMatchObject({ file: 'broken.json', msg: expect.stringContaining('commands') })
  })
})
