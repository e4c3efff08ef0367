// What a person's permission covers, and how often a program may ask for one (cases 123 and 124 of docs/security-cases.md).
import { describe, expect, it } from 'vitest'
import { ControlGrants } from '../../../main/host/access/control-grants.ts'
import { type Access, LocalClients } from '../../../main/host/access/local-clients.ts'
import type { ProcessInfo } from '../../../main/host/access/processes.ts'
import { Admissions } from '../../../main/host/clients/admissions.ts'
import { toCoded } from '../../../protocol/errors.ts'
import type { Question as AgentQuestion, ClientMessage, QuestionOption } from '../../../protocol/messages.ts'

type Decision = 'Allow once' | 'Allow this session' | 'Always allow' | 'Deny' | 'none'

interface Question {
  session_id: string
  text: string
  context: string[]
  options: QuestionOption[]
  /** `none`: it is withdrawn without an answer. */
  answer(decision: Decision): Promise<void>
}

const QUESTION: AgentQuestion = {
  question_id: 'q',
  kind: 'answer',
  text: 'Which branch?',
  context: [],
  is_cut: false,
  options: [],
  accepts_text: true,
}

/** Sessions with a program in each, by the process of the program. Each question waits for `answer`. */
function world(sessions: Record<string, { leader: number; program: number }>) {
  const questions: Question[] = []
  const settled = () => new Promise<void>(resolve => setImmediate(resolve))
  let now = 0
  const asking = new Map(
    Object.keys(sessions).map(session_id => [
      session_id,
      {
        mayControl: false,
        ask: (question: Omit<Question, 'session_id' | 'answer'>, signal: AbortSignal) =>
          new Promise<number | undefined>(resolve => {
            signal.addEventListener('abort', () => resolve(undefined))
            const answer = (decision: Decision) => {
              const index = question.options.findIndex(({ label }) => label === decision)
              resolve(index < 0 ? undefined : index)
              return settled()
            }
            questions.push({ ...question, session_id, answer })
          }),
      },
    ]),
  )
  const processes = new Map<number, Partial<ProcessInfo>>([[1, { parent: 0, argv: ['init'] }]])
  for (const { leader, program } of Object.values(sessions)) {
    processes.set(leader, { session: leader, argv: ['bash'] })
    processes.set(program, { parent: leader, session: leader, argv: ['claude'] })
  }
  const clients = new LocalClients({
    processes: {
      find: async pid => {
        const found = processes.get(pid)
        return found && { pid, parent: 1, group: pid, session: 0, terminal: '', foreground: 0, argv: [], ...found }
      },
      isShellAtTerminal: async () => true,
      isDescendant: async () => true,
    },
    host: 40,
    leaders: () =>
      Object.entries(sessions).map(([session_id, { leader }]) => ({ session_id, pid: leader, command: ['bash'] })),
    grants: new ControlGrants({
      session: id => asking.get(id),
      allowsAll: () => false,
      allowAll: async () => {},
      now: () => now,
    }),
    look: async id => ({ session_id: id, title: id, question: QUESTION }),
    canTellPeers: true,
    isUnlimited: () => true,
  })
  return {
    questions,
    settled,
    pass: (ms: number) => {
      now += ms
    },
    program: (session_id: string) => {
      const client = clients.of({ pid: () => sessions[session_id]!.program })
      const ask = (access: Access) => {
        let outcome = 'waits'
        const done = (async () => client.admit(access, () => {}))().then(
          () => 'allowed',
          error => toCoded(error).code,
        )
        void done.then(result => {
          outcome = result
        })
        return { done, outcome: () => outcome }
      }
      return { ...client, ask }
    },
  }
}

const ONE = { mine: { leader: 100, program: 101 }, other: { leader: 200, program: 201 } }
const untilAsked = async ({ questions, settled }: ReturnType<typeof world>, count: number) => {
  for (let i = 0; i < 50 && questions.length < count; i++) await settled()
}

describe('case 123: a permission for once', () => {
  const FOLLOWING: [string, Access][] = [
    ['the same request', { type: 'screen', session_id: 'other' }],
    ['another kind of request', { type: 'kill', session_id: 'other' }],
    ['another session', { type: 'screen', session_id: 'third' }],
    ['typing, after it was allowed to look', { type: 'attach', session_id: 'other' }],
    ['a search of all sessions', { type: 'search' }],
  ]
  it.each(FOLLOWING)('does not cover %s', async (_what, next) => {
    const here = world(ONE)
    const { ask } = here.program('mine')
    const first = ask({ type: 'screen', session_id: 'other' })
    await untilAsked(here, 1)
    await here.questions[0]!.answer('Allow once')
    expect(await first.done).toBe('allowed')
    const second = ask(next)
    await untilAsked(here, 2)
    expect([second.outcome(), here.questions.length]).toEqual(['waits', 2])
    await here.questions[1]!.answer('Deny')
    expect(await second.done).toBe('grant_needed')
  })

  it('covers one of two requests that wait together', async () => {
    const here = world(ONE)
    const { ask } = here.program('mine')
    const both = [ask({ type: 'screen', session_id: 'other' }), ask({ type: 'kill', session_id: 'other' })]
    await untilAsked(here, 1)
    await here.questions[0]!.answer('Allow once')
    await untilAsked(here, 2)
    expect(both.map(({ outcome }) => outcome())).toEqual(['allowed', 'waits'])
    await here.questions[1]!.answer('Deny')
  })
})

describe('case 125: a request that was canceled', () => {
  const MESSAGE = { type: 'kill', request_id: 7, session_id: 'other' } as const
  const admissions = (here: ReturnType<typeof world>) => {
    const log: string[] = []
    const requests = new Admissions({
      access: here.program('mine'),
      accessOf: ({ type }) => ({ type, session_id: 'other' }),
      asked: request_id => log.push(`asked ${request_id}`),
      dispatch: ({ type }) => log.push(`does ${type}`),
      refuse: ({ type }, { code }) => log.push(`refuses ${type}: ${code}`),
      isClosed: () => false,
    })
    return { log, requests }
  }

  it('while a person was asked does nothing, and its question is gone', async () => {
    const here = world(ONE)
    const { log, requests } = admissions(here)
    requests.take(MESSAGE)
    await untilAsked(here, 1)
    requests.take({ type: 'cancel', request_id: 7 })
    await here.settled()
    await here.questions[0]!.answer('Allow once')
    for (let i = 0; i < 5; i++) await here.settled()
    expect(log).toEqual(['asked 7', 'refuses kill: grant_needed'])
  })

  it('in the same moment as it was allowed does nothing', async () => {
    const here = world(ONE)
    const { log, requests } = admissions(here)
    requests.take(MESSAGE)
    await untilAsked(here, 1)
    void here.questions[0]!.answer('Allow once')
    requests.take({ type: 'cancel', request_id: 7 })
    for (let i = 0; i < 5; i++) await here.settled()
    expect(log).toEqual(['asked 7', 'refuses kill: cancelled'])
  })

  it('before it is known where its client comes from does nothing', async () => {
    const here = world(ONE)
    const { log, requests } = admissions(here)
    requests.take({ type: 'kill', request_id: 7, session_id: 'mine' })
    requests.take({ type: 'cancel', request_id: 7 })
    for (let i = 0; i < 5; i++) await here.settled()
    expect(log.at(-1)).toMatch(/^refuses kill: /)
    expect(log).not.toContain('does kill')
  })

  it('cannot be taken for another one with the same number', async () => {
    const here = world(ONE)
    const { requests } = admissions(here)
    requests.take(MESSAGE)
    expect(() => requests.take(MESSAGE)).toThrow('already in use')
  })
})

it('case 126: a question of a session whose permission is taken back is withdrawn', async () => {
  const here = world(ONE)
  const client = here.program('mine')
  const asked = client.ask({ type: 'screen', session_id: 'other' })
  await untilAsked(here, 1)
  client.revoke('mine')
  expect(await asked.done).toBe('grant_needed')
  await here.questions[0]!.answer('Allow this session')
  void here.program('mine').ask({ type: 'screen', session_id: 'other' })
  here.pass(31_000)
  await untilAsked(here, 2)
  expect(here.questions).toHaveLength(2)
})

it('case 72: a program does not answer its own question through a session whose starter is gone and forgotten', async () => {
  const sessions: Record<string, { leader: number; program: number }> = {
    mine: { leader: 100, program: 101 },
    child: { leader: 300, program: 301 },
    grandchild: { leader: 400, program: 401 },
  }
  const here = world(sessions)
  for (const [starter, started] of [
    ['mine', 'child'],
    ['child', 'grandchild'],
  ] as const) {
    const client = here.program(starter)
    await client.find()
    client.started(started)
  }
  delete sessions.child
  // More sessions than are remembered, which ended.
  const client = here.program('mine')
  await client.find()
  for (let n = 0; n < 2_000; n++) client.started(`ended ${n}`)
  expect(await here.program('grandchild').ask({ type: 'answer', session_id: 'mine' }).done).toBe('own_question')
})

describe('case 123: the words of the question', () => {
  const said = async (message: ClientMessage) => {
    const here = world(ONE)
    const { type, session_id } = message as { type: 'answer'; session_id: string }
    void here.program('mine').ask({ type, session_id, message })
    await untilAsked(here, 1)
    return here.questions[0]!.text
  }
  const answer = (text: string) => said({ type: 'answer', request_id: 1, session_id: 'other', question_id: 'q', text })

  it('say what is typed, and how much of it is not shown', async () => {
    expect(await answer('main')).toContain('answer “Which branch?” of “other” with “main”')
    expect(await answer(`y ${' '.repeat(200)}; rm -rf /`)).toContain(
      'with a text of 212 characters that begins with “y',
    )
    expect(await answer('a\nb')).toContain('with a text of 3 characters that begins with “a b”')
  })

  it('say how the file, the title and the search are called', async () => {
    expect(await said({ type: 'upload', request_id: 1, session_id: 'other', name: 'a.txt', size: 1 })).toContain(
      '“a.txt”',
    )
    expect(await said({ type: 'rename', request_id: 1, session_id: 'other', title: 'x' })).toContain('to “x”')
  })
})

describe('case 124: after a question without a yes', () => {
  const TREE = {
    mine: { leader: 100, program: 101 },
    child: { leader: 300, program: 301 },
    grandchild: { leader: 400, program: 401 },
    sibling: { leader: 500, program: 501 },
    stranger: { leader: 600, program: 601 },
    other: { leader: 200, program: 201 },
  }
  /** `mine` started `child` and `sibling`, and `child` started `grandchild`. */
  async function family() {
    const here = world(TREE)
    for (const [starter, started] of [
      ['mine', 'child'],
      ['child', 'grandchild'],
      ['mine', 'sibling'],
    ] as const) {
      const client = here.program(starter)
      await client.find()
      client.started(started)
    }
    return here
  }
  const WISH: Access = { type: 'screen', session_id: 'other' }

  it.each(['Deny', 'none'] as const)('%s: no session of the same origin asks again, others do', async decision => {
    for (const asker of ['mine', 'child', 'grandchild', 'sibling']) {
      const here = await family()
      const first = here.program(asker).ask(WISH)
      await untilAsked(here, 1)
      await here.questions[0]!.answer(decision)
      expect(await first.done).toBe('grant_needed')
      for (const next of ['mine', 'child', 'grandchild', 'sibling'])
        expect([asker, next, await here.program(next).ask(WISH).done]).toEqual([asker, next, 'grant_needed'])
      expect(here.questions).toHaveLength(1)
      void here.program('stranger').ask(WISH)
      await untilAsked(here, 2)
      expect(here.questions).toHaveLength(2)
    }
  })

  it('case 156: the question names the session that a person started, however far the asking one is from it', async () => {
    for (const [asker, said] of [
      ['mine', 'A program in this session wants to read the screen of “other”.'],
      ['child', 'A program in this session, which “mine” started, wants to read the screen of “other”.'],
      ['grandchild', 'A program in this session, which “mine” started, wants to read the screen of “other”.'],
    ] as const) {
      const here = await family()
      void here.program(asker).ask(WISH)
      await untilAsked(here, 1)
      expect(here.questions[0]!.text).toBe(said)
    }
  })

  it('case 156: sessions of one origin have the places of one for requests that wait', async () => {
    const here = await family()
    const outcomes = Array.from({ length: 4 }, () => ['mine', 'child', 'grandchild', 'sibling'])
      .flat()
      .map(asker => here.program(asker).ask(WISH))
    await untilAsked(here, 1)
    for (let i = 0; i < 50; i++) await here.settled()
    expect(here.questions).toHaveLength(1)
    expect(outcomes.filter(one => one.outcome() === 'waits')).toHaveLength(8)
  })

  it('sessions of one origin ask one after the other', async () => {
    const here = await family()
    for (const one of ['mine', 'child', 'grandchild', 'sibling']) void here.program(one).ask(WISH)
    await untilAsked(here, 2)
    expect(here.questions).toHaveLength(1)
  })

  it('a client that goes before an answer cannot make the next one ask', async () => {
    const here = await family()
    const client = here.program('mine')
    const first = client.ask(WISH)
    await untilAsked(here, 1)
    client.close()
    expect(await first.done).not.toBe('allowed')
    expect(await here.program('child').ask(WISH).done).toBe('grant_needed')
    expect(here.questions).toHaveLength(1)
  })

  it('a program that asks as often as it can asks ever more seldom', async () => {
    for (const decision of ['Deny', 'none'] as const) {
      const here = await family()
      for (let minute = 0; minute < 24 * 60; minute++) {
        const count = here.questions.length
        void here.program('child').ask(WISH)
        for (let i = 0; i < 6; i++) await here.settled()
        if (here.questions.length > count) await here.questions[count]!.answer(decision)
        here.pass(60_000)
      }
      expect(here.questions.length).toBeGreaterThan(5)
      expect(here.questions.length).toBeLessThan(20)
    }
  })

  it('a yes ends the pause', async () => {
    const here = await family()
    const { ask } = here.program('mine')
    for (const decision of ['none', 'Allow once', 'Allow once'] as const) {
      const count = here.questions.length
      const asked = ask(WISH)
      await untilAsked(here, count + 1)
      await here.questions[count]!.answer(decision)
      await asked.done
      if (decision === 'none') here.pass(31_000)
    }
    expect(here.questions).toHaveLength(3)
  })
})
