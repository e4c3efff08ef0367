// Real agents in sessions of a real host, with a stand-in for their models. Prints how soon the host knew of each question.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { Screen } from '../../main/host/screen/screen.ts'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { keyboardProtocol } from '../../terminal/keyboard-protocol.ts'
import { keySequence } from '../../ui/input/key-codes.ts'
import { cleanUp, localClient, onCleanUp, Recorder, startHost, temporaryFolder } from '../support/host.ts'
import { makeAgentHome } from './agent-home.ts'
import type { AgentName } from './install.ts'
import { startModel } from './stub-model.ts'

const run = promisify(execFile)

const OTG = join(import.meta.dirname, '..', '..', 'build', 'main', 'cli', 'otg.js')

/** An agent starts, or takes a turn, within this even on a busy machine. */
const AGENT_MS = 60_000

/** Between the last letter and Enter: nobody is faster. */
const PRESS_MS = 150

/** What is told twice is told twice within this. */
const SETTLED_MS = 5_000

interface Program {
  name: AgentName
  title: string
  args: string[]
  /** On the screen when a prompt can be typed. */
  ready: string
  question: string
  /** What of the question is on the screen in one line; left out: all of it. */
  shows?: string
  /** Its hooks are not tried. */
  withoutHooks?: boolean
  /** It asks about new hooks when it starts. */
  asksAboutHooks?: string
}

const PROGRAMS: Program[] = [
  { name: 'claude', title: 'Claude Code', args: [], ready: 'shortcuts', question: 'Do you want to proceed?' },
  {
    name: 'codex',
    title: 'Codex',
    args: ['--no-daemon'],
    ready: 'Ask Codex',
    question: 'Would you like to run the following command?',
    asksAboutHooks: 'Hooks need review',
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    args: [],
    ready: 'Type your message',
    question: 'Shell touch proof-of-run && ls: Allow execution of [Shell]?',
    shows: 'Allow execution of [Shell]?',
    withoutHooks: true,
  },
  {
    name: 'opencode',
    title: 'opencode',
    args: [],
    ready: 'Ask anything',
    question: 'Shell command $ touch proof-of-run && ls',
    shows: 'Allow once',
    withoutHooks: true,
  },
  {
    name: 'copilot',
    title: 'GitHub Copilot CLI',
    args: [],
    ready: 'Manual Approval',
    question: 'Do you want to run this command?',
    withoutHooks: true,
  },
]

afterEach(cleanUp)

describe.each(PROGRAMS)('$title', program => {
  const ways = program.withoutHooks ? (['screen'] as const) : (['screen', 'hooks'] as const)
  it.each(ways)('asks, is answered, runs its tool and is done, known by its %s', async by => {
    const turn = await startAgent(program, by === 'hooks')
    const { client, session_id, session, told, cwd } = turn
    await turn.prompt('please run the test')
    const asked = await turn.shown(program.shows ?? program.question)
    await reach(() => session()?.activity?.question?.options.length, `${program.title} to be blocked`)
    const known = performance.now()
    const { activity } = session()!
    expect(activity).toMatchObject({ state: 'blocked', agent: program.title })
    expect(activity!.question).toMatchObject({ kind: 'approve', text: program.question })
    const { text, context } = activity!.question!
    expect([text, ...context].join('\n')).toContain('touch proof-of-run && ls')
    const byScreen = activity!.evidence
    const yes = activity!.question!.options.findIndex(({ answer }) => answer === 'yes')
    const answered = performance.now()
    await client.answer(session_id, activity!.question!.question_id, { option: yes })
    await reach(() => existsSync(join(cwd, 'proof-of-run')), 'the command to run')
    const ran = performance.now()
    const ended = await turn.shown('the code is wrong.')
    await reach(() => session()?.activity?.state === 'done', `${program.title} to be done`)
    const done = performance.now()
    // Not a wait for something: nothing may follow.
    await new Promise(resolve => setTimeout(resolve, SETTLED_MS))
    const ms = (from: number, to: number) => `${Math.round(to - from)} ms`
    console.log(
      `${program.title} with ${by}: question on the screen → blocked ${ms(asked, known)} (${byScreen}); first told after ${ms(asked, told[0]?.at ?? 0)}; ` +
        `answer → command ran ${ms(answered, ran)}; answer printed → done ${ms(ended, done)}`,
    )
    expect(told.map(({ kind }) => kind)).toEqual(['blocked', 'done'])
    expect(session()!.activity?.state).toBe('done')
  })
})

describe('a question with choices', () => {
  it('of Claude Code takes a choice, a text, and any number of choices', async () => {
    const turn = await startAgent(PROGRAMS[0]!, false)
    await turn.prompt('please ask me')
    await turn.answerTo('Which color should the button have?', 'Green')
    await turn.shown('→ Green')
    await turn.rests()
    await turn.prompt('please ask me')
    await turn.answerTo('Which color should the button have?', { text: 'Violet, like the sky' })
    await turn.shown('→ Violet, like the sky')
    await turn.rests()
    await turn.prompt('please ask sizes')
    await turn.answerTo('Which sizes should be tested?', '[ ] Phone')
    await turn.answerTo('Which sizes should be tested?', '[ ] Desktop')
    await turn.answerTo('Which sizes should be tested?', 'Submit')
    await turn.answerTo('Review your answers', 'Submit answers')
    expect(turn.told.map(({ kind }) => kind).filter(kind => kind === 'blocked')).toHaveLength(4)
    await turn.shown('→ Phone, Desktop')
    await turn.rests()
    await turn.prompt('please write a file')
    await turn.answerTo('Do you want to create hello.txt?', 'No')
    await turn.shown('Rejected write to hello.txt')
  })

  it('of Codex takes a choice', async () => {
    const turn = await startAgent(PROGRAMS[1]!, false)
    await turn.type('\x1b[Z', 'Plan mode')
    await turn.prompt('please ask both')
    await turn.answerTo('Which color should the button have?', 'Green')
    await turn.answerTo('Which sizes should be tested?', 'Tablet')
    await turn.shown('answer: Green')
    await turn.shown('answer: Tablet')
    await turn.rests()
  })
})

describe('a prompt sent by a script', () => {
  it.each([PROGRAMS[0]!, PROGRAMS[1]!, PROGRAMS[2]!, PROGRAMS[3]!])('begins a turn of $title', async program => {
    const turn = await startAgent(program, false)
    await run(process.execPath, [
      ...[OTG, 'send', '--data-dir', turn.dataDir, turn.session_id, 'please run the test', '--enter'],
    ])
    await turn.shown(program.shows ?? program.question)
  })
})

describe('Shift+Enter', () => {
  it.each(PROGRAMS)('begins a new line of the prompt of $title', async program => {
    const turn = await startAgent(program, false)
    const protocol = await turn.keyboardProtocol()
    expect(protocol.flags + protocol.modifyOtherKeys).toBeGreaterThan(0)
    await turn.type('upper', 'upper')
    await turn.keys(keySequence('enter', { ctrl: false, alt: false, shift: true }, false, protocol))
    await turn.type('lower', 'lower')
    const { lines } = await turn.client.screen(turn.session_id)
    const row = (text: string) => lines.findIndex(line => line.includes(text))
    expect(row('lower')).toBe(row('upper') + 1)
    expect(turn.session()!.activity?.state).not.toBe('working')
  })
})

describe('a marked option', () => {
  it('of opencode is not chosen when another one is answered, wherever a person moved the mark', async () => {
    const turn = await startAgent(PROGRAMS[3]!, false)
    await turn.prompt('please run the test')
    await turn.shown('Allow once')
    // To Reject, which is shown by its color alone.
    await turn.keys('\x1b[C', '\x1b[C')
    await turn.answerTo('Shell command $ touch proof-of-run && ls', 'Allow once')
    await reach(() => existsSync(join(turn.cwd, 'proof-of-run')), 'the command to run')
    await turn.rests()
  })
})

async function startAgent({ name, args, ready, asksAboutHooks }: Program, withHooks: boolean) {
  const model = await startModel()
  onCleanUp(() => model.close())
  const { env, cwd } = makeAgentHome(name, temporaryFolder(), model.port)
  process.env.STUB_FOLDER = cwd
  if (withHooks) {
    const { status, stderr } = spawnSync(process.execPath, [OTG, 'hooks', 'install', name, '--yes'], {
      env,
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
  }
  const host = await startHost({ env, home: env.HOME! })
  const client: LocalClient = localClient(host)
  const told: { kind: string; at: number }[] = []
  let sessions: SessionInfo[] = []
  let lastAt = 0
  client.on('sessions', list => {
    sessions = list
    const { attention } = list[0] ?? {}
    if (!attention || attention.at === lastAt) return
    lastAt = attention.at
    told.push({ kind: attention.kind, at: performance.now() })
  })
  client.watch()
  // As `otg run` does: a session without a caller gets the login shell's environment, not the host's.
  const environment = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
  const size = { cols: 100, rows: 36 }
  const { session_id } = await client.create({
    command: [name, ...args],
    cwd,
    size,
    env: environment as Record<string, string>,
  })
  /** When the screen showed this first. */
  const shown = async (text: string) => {
    await reach(async () => {
      const { lines } = await client.screen(session_id)
      return lines.join(' ').replace(/\s+/g, ' ').includes(text)
    }, `${text} on the screen`)
    return performance.now()
  }
  if (withHooks && asksAboutHooks) {
    await reach(() => sessions[0]?.activity?.question?.text.startsWith(asksAboutHooks), asksAboutHooks)
    const { question_id, options } = sessions[0]!.activity!.question!
    const option = options.findIndex(({ label }) => label.startsWith('Trust all'))
    await client.answer(session_id, question_id, { option })
  }
  await shown(ready)
  await reach(() => ['idle', 'done'].includes(sessions[0]?.activity?.state ?? ''), 'the prompt')
  told.length = 0
  const activity = () => sessions[0]?.activity
  const answered = new Set<string>()
  return {
    client,
    dataDir: host.dataDir,
    session_id,
    cwd,
    told,
    shown,
    session: () => sessions[0],
    rests: () => reach(() => activity()?.state === 'done' || activity()?.state === 'idle', 'the end of the turn'),
    /** What a page that opens the session now knows of the keyboard. */
    async keyboardProtocol() {
      const recorder = new Recorder()
      const attached = client.attach(session_id, recorder, { read_only: true })
      await new Promise(resolve => attached.on('caught_up', () => resolve(undefined)))
      client.detach(attached)
      const screen = new Screen(size)
      screen.write(recorder.bytes)
      return keyboardProtocol(screen.terminal)
    },
    /** Types keys, until the screen shows what they do. */
    async type(keys: string, effect: string) {
      const attached = client.attach(session_id, new Recorder())
      attached.type(Buffer.from(keys))
      await shown(effect)
      client.detach(attached)
    },
    /** Presses keys one after the other, as a person does. */
    async keys(...keys: string[]) {
      const attached = client.attach(session_id, new Recorder())
      for (const key of keys) {
        attached.type(Buffer.from(key))
        await new Promise(resolve => setTimeout(resolve, 400))
      }
      client.detach(attached)
    },
    /** Types as a person does, who then looks away. */
    async prompt(text: string) {
      const attached = client.attach(session_id, new Recorder())
      attached.type(Buffer.from(text))
      await shown(text)
      // Agents take an Enter at once for a line of a paste.
      await new Promise(resolve => setTimeout(resolve, PRESS_MS))
      attached.type(Buffer.from('\r'))
      await reach(() => activity()?.state === 'working', 'the turn to begin')
      client.detach(attached)
    },
    /** Answers by a text, or by the option whose label begins so. */
    async answerTo(question: string, answer: string | { text: string }) {
      const chosen = () =>
        activity()?.question?.options.findIndex(
          ({ label }) => typeof answer === 'string' && label.startsWith(answer),
        ) ?? -1
      const isAsked = () => activity()?.question?.text === question && (typeof answer === 'object' || chosen() >= 0)
      await reach(
        () => isAsked() && !answered.has(activity()!.question!.question_id),
        `${question} with ${JSON.stringify(answer)}`,
        async () => [...(await client.screen(session_id)).lines, JSON.stringify(sessions[0]?.activity)].join('\n'),
      )
      const { question_id } = activity()!.question!
      answered.add(question_id)
      await client.answer(session_id, question_id, typeof answer === 'string' ? { option: chosen() } : answer)
    },
  }
}

async function reach(test: () => unknown, what: string, found?: () => Promise<string>): Promise<void> {
  const deadline = performance.now() + AGENT_MS
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}\n${(await found?.()) ?? ''}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
