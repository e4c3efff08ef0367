// A program in a session never answers its own question, and those of other sessions only if a person allowed it (cases 69
// to 74 of docs/security-cases.md). Real processes in real sessions run the real otg.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAMS, type RequestType } from '../../../main/host/access/permissions.ts'
import { streamTransport } from '../../../main/host/listen/stream-transport.ts'
import { FrameReader, jsonFrames } from '../../../protocol/frames.ts'
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
} from '../../support/cli.ts'
import { type Decision, decide } from '../../support/control.ts'
import { cleanUp, keepAfterCleanUp, temporaryFolder, until } from '../../support/host.ts'
import { handedOver } from '../../support/network/handed-over.ts'
import { type Context, SAMPLES } from '../../support/network/message-samples.ts'

let host: CliHost
let stop: () => Promise<void>
beforeAll(async () => {
  host = await startCliHost()
  stop = keepAfterCleanUp()
})
afterAll(() => stop())
afterEach(cleanUp)

const ASKS = 'ask "rm -r build"; key; work "got $key"; key; key'
const otgIn = () => `env OTG_DATA_DIR=${host.dataDir} ${process.execPath} ${OTG}`

async function blocked(id: string): Promise<void> {
  await until(
    async () => (await sessions(host.dataDir)).find(one => one.session_id === id)?.activity?.state === 'blocked',
    'the question',
  )
}

/**
 * A session whose program runs `script` in the background, with $ME and $OTHER, and asks. `decision`: what a person answers when
 * the script wants to control another session. Resolves with what the script printed.
 */
async function ranInside(
  script: (otg: string) => string,
  other = '',
  decision?: Decision,
): Promise<{ id: string; output: string }> {
  const out = join(temporaryFolder(), 'out')
  const helper = `OTHER=${other}; ME=$OTG_SESSION_ID; (until grep -q go ${out}.go; do sleep 0.05; done; ${script(otgIn())}; echo "code $?") >${out} 2>&1 </dev/null &`
  const id = await startSession(host.dataDir, [askingProgram(`echo wait >${out}.go\n${helper}\n${ASKS}`)])
  await blocked(id)
  writeFileSync(`${out}.go`, 'go\n')
  if (decision) await decide(host.dataDir, id, decision)
  const read = () => readFileSync(out, 'utf8')
  await until(() => /code \d+/.test(read()), 'the end of the attempt')
  return { id, output: read() }
}

/** They have no reply, and are ignored. */
const NO_REPLY = ['presence', 'attachment_presence']

const stillAsks = async (id: string) => expect(await screenOf(host.dataDir, id)).toContain('Do you want to proceed?')

describe('case 69: a program that asks', () => {
  // Each is how an agent, or what it runs, could try to press the button itself.
  const OWN: [string, (otg: string) => string][] = [
    ['answers', otg => `${otg} answer $ME yes --json`],
    ['types', otg => `${otg} send $ME 1 --json`],
    ['hides its session ID', otg => `env -u OTG_SESSION_ID ${otg} answer $ME yes --json`],
    ['uses nohup', otg => `nohup ${otg} answer $ME yes --json 2>&1`],
    ['runs in a session of its own', otg => `setsid --wait ${otg} answer $ME yes --json`],
    ['has another terminal', otg => `script -qec "${otg} answer $ME yes --json" /dev/null`],
    ['runs through a helper', otg => `perl -e 'system(@ARGV); exit($? >> 8)' ${otg} answer $ME yes --json`],
  ]
  it.each(OWN)('cannot answer its own question: %s', async (_how, script) => {
    const { id, output } = await ranInside(script)
    expect(output).toContain('"code":"own_question"')
    expect(output).toContain('code 1')
    await stillAsks(id)
  })
})

describe('case 70: a program that detached itself from its session', () => {
  const detached = (command: string) => `setsid sh -c "(${command} >$OUT 2>&1; echo done >>$OUT) &"`
  const run = async (command: (otg: string) => string, other?: string) => {
    const out = join(temporaryFolder(), 'detached')
    const script = (otg: string) =>
      `OUT=${out}; ${detached(command(otg))}; until grep -q done $OUT; do sleep 0.05; done; cat $OUT`
    return ranInside(script, other)
  }

  it('cannot answer: a double fork with setsid, nohup and an empty environment', async () => {
    const clean = (otg: string) =>
      `nohup env -i PATH=$PATH OTG_DATA_DIR=${host.dataDir} ${otg.replace(/^env \S+ /, '')} answer $ME yes --json`
    const { id, output } = await run(clean)
    expect(output).toContain('"code":"grant_needed"')
    await stillAsks(id)
  })

  it('cannot answer from a new terminal, or another session', async () => {
    const inTerminal = (otg: string) => `env -u OTG_SESSION_ID script -qec '${otg} send $ME 1 --json' /dev/null`
    const { id, output } = await run(inTerminal)
    expect(output).toContain('"code":"grant_needed"')
    await stillAsks(id)
    const other = await run(otg => `${otg} answer $OTHER yes --json`, id)
    expect(other.output).toContain('"code":"grant_needed"')
    await stillAsks(id)
  })
})

describe('case 71: a program in another session', () => {
  it('answers only while the setting agents_may_control is on, and its own question not even then', async () => {
    const asking = await startSession(host.dataDir, [askingProgram(ASKS)])
    await blocked(asking)
    for (const command of ['answer $OTHER yes', 'send $OTHER 1']) {
      const refused = await ranInside(otg => `${otg} ${command} --json`, asking, 'Deny')
      expect(refused.output).toContain('"code":"grant_needed"')
      await stillAsks(asking)
    }
    await changeSettings(host.dataDir, { agents_may_control: true })
    const own = await ranInside(otg => `${otg} answer $ME yes --json`)
    expect(own.output).toContain('"code":"own_question"')
    const allowed = await ranInside(otg => `${otg} answer $OTHER yes`, asking)
    expect(allowed.output).toBe('code 0\n')
    await until(async () => (await screenOf(host.dataDir, asking)).includes('got 1'), 'the answer')
    await changeSettings(host.dataDir, { agents_may_control: null })
  })

  it('answers if a person typed the command at the prompt of its shell', async () => {
    const asking = await startSession(host.dataDir, [askingProgram(ASKS)])
    await blocked(asking)
    const shell = await startSession(host.dataDir, ['bash', '--norc'])
    await otg(host.dataDir, [
      'send',
      shell,
      '--enter',
      `OTG_DATA_DIR=${host.dataDir} ${process.execPath} ${OTG} answer ${asking} yes`,
    ])
    await until(async () => (await screenOf(host.dataDir, asking)).includes('got 1'), 'the answer')
  })
})

describe('case 72: a session that a program started', () => {
  it('cannot answer for the program, and is the program’s to drive', async () => {
    const through = (otg: string) =>
      `NEW=$(${otg} run --detach -- bash --norc); ${otg} send $NEW --enter "${otg} answer $ME yes --json; echo over" && until ${otg} show $NEW | grep -q ^over; do sleep 0.1; done; ${otg} show $NEW`
    const { id, output } = await ranInside(through)
    expect(output.replaceAll('\n', '')).toContain('"code":"own_question"')
    await stillAsks(id)
  })
})

describe('case 73: a program in a session', () => {
  it('cannot let itself in as a phone', async () => {
    const { output } = await ranInside(otg => `${otg} pair --yes --json`)
    expect(output).toContain('"code":"forbidden"')
  })

  it('cannot make any request that only a person may', async () => {
    const types = (Object.keys(PROGRAMS) as RequestType[]).filter(
      type => PROGRAMS[type] === 'person' && !NO_REPLY.includes(type) && type !== 'push',
    )
    // Each fails for another reason, too: the refusal comes first.
    const context: Context = { session_id: 'x', ended: 'x', handle: 1, device_id: 'x', mark_id: 1 }
    const requests = types.map(type => SAMPLES[type].message(context))
    const { output } = await ranInside(() => requesting(requests))
    expect(output.split('\n').slice(0, -2)).toEqual(types.map(type => `${type} forbidden`))
  })

  it('reports its own activity and no other’s', async () => {
    const other = await startSession(host.dataDir, ['sh'])
    const report = (session_id: string) => ({ type: 'report_activity', session_id, state: 'working' })
    const { output } = await ranInside(() => `${requesting([report('$ME'), report('$OTHER')])}`, other)
    expect(output).toBe('report_activity allowed\nreport_activity own_question\ncode 0\n')
  })
})

/** A command that makes requests and prints what became of each. It is no `otg`, as a program's own client would be. */
function requesting(requests: readonly object[]): string {
  const file = join(temporaryFolder(), 'requests.ts')
  const from = (path: string) => JSON.stringify(join(import.meta.dirname, '..', '..', '..', path))
  writeFileSync(
    file,
    `import { connectLocal } from ${from('main/host/listen/stream-transport.ts')}
import { LocalClient } from ${from('protocol/client/local-client.ts')}
class Client extends LocalClient { send(request) { return this.request('ok', request) } }
const connect = () => connectLocal(${JSON.stringify(join(host.dataDir, 'otg.sock'))})
const client = new Client({ connect, client: { kind: 'cli', name: 'otg' }, reconnect: false })
for (const request of JSON.parse(process.argv[2]))
  await client.send(request).then(() => console.log(request.type, 'allowed'), error => console.log(request.type, error.code))
client.close()
`,
  )
  return `${process.execPath} ${file} "${JSON.stringify(requests).replaceAll('"', '\\"')}"`
}

/** A client of which it is not known which process it is: the one that connected has ended. */
async function unknownClient() {
  const socket = await handedOver(join(host.dataDir, 'otg.sock'))
  const transport = streamTransport(socket)
  const reader = new FrameReader()
  const messages: { type: string }[] = []
  transport.start({
    frame: bytes => {
      const frame = reader.read(bytes)
      if (frame?.kind === 'json') messages.push(frame.value as { type: string })
    },
    close: () => {},
  })
  return {
    send: (message: object) => {
      for (const frame of jsonFrames(message)) transport.send(frame)
    },
    received: async (type: string) => {
      await until(() => messages.some(message => message.type === type), type)
      return messages.find(message => message.type === type)
    },
  }
}

describe('case 74: a client whose process has ended', () => {
  it('cannot answer a question', async () => {
    const transport = await unknownClient()
    const asking = await startSession(host.dataDir, [askingProgram(ASKS)])
    await blocked(asking)
    const question_id = (await sessions(host.dataDir)).find(one => one.session_id === asking)!.activity!.question!
      .question_id
    transport.send({ type: 'hello', versions: [1], client: { kind: 'cli', name: 'orphan' } })
    await transport.received('welcome')
    transport.send({ type: 'answer', request_id: 1, session_id: asking, question_id, option: 0 })
    expect(await transport.received('error')).toMatchObject({ code: 'grant_needed' })
    await stillAsks(asking)
  })
})
