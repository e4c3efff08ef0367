// Sessions that need a person: the tray's words, and which waits get a notification.
import { describe, expect, it } from 'vitest'
import { NotifiedWaits } from '../../../main/desktop/attention/notified-waits.ts'
import {
  answerOrOpen,
  approvalOf,
  escapeMarkup,
  optionText,
  reasonOf,
  summarize,
  waitingSessions,
} from '../../../main/desktop/attention/waits.ts'
import type { AttentionKind, Question, SessionInfo } from '../../../protocol/messages.ts'

function session(session_id: string, rest: Partial<SessionInfo> = {}): SessionInfo {
  return {
    session_id,
    title: session_id,
    command: ['sh'],
    cwd: '/',
    state: 'running',
    exit_code: null,
    signal: null,
    pid: 1,
    created_at: 1,
    ended_at: null,
    last_activity: 1,
    cols: 80,
    rows: 24,
    bytes: 0,
    clients: 0,
    idle: false,
    last_line: '',
    branch: '',
    activity: null,
    attention: null,
    viewers: [],
    ...rest,
  }
}

const needs = (kind: AttentionKind, at: number, text = '') => ({ attention: { kind, at, text } })

const QUESTION: Question = {
  question_id: '1-a',
  kind: 'approve',
  text: 'Do you want to proceed?',
  context: ['curl one'],
  is_cut: false,
  options: [
    { label: 'Yes', key: '1', answer: 'yes' },
    { label: 'No', key: '3', answer: 'no' },
  ],
  accepts_text: false,
}

const asks = (at: number, question: Partial<Question> = {}): Partial<SessionInfo> => ({
  ...needs('blocked', at, question.text ?? QUESTION.text),
  activity: {
    state: 'blocked',
    since: at,
    agent: 'Claude Code',
    evidence: 'screen',
    confidence: 'certain',
    question: { ...QUESTION, ...question },
  },
})

const ids = (sessions: readonly SessionInfo[]) => sessions.map(one => one.session_id).join(' ')

describe('sessions that need a person', () => {
  it('are those that ask, seen or not, the longest wait first, and then the unseen ones', () => {
    const waiting = waitingSessions([
      session('quiet'),
      session('done', needs('done', 90)),
      session('asks', asks(10)),
      session('seen', { ...asks(20), attention: null }),
      session('rang', { state: 'exited', ...needs('bell', 5) }),
      session('failed', { state: 'exited', ...needs('failed', 95) }),
    ])
    expect(ids(waiting)).toBe('asks seen failed done')
  })

  it('are named when there is one, and counted when there are more', () => {
    expect(summarize([])).toBe('')
    expect(summarize([session('build', needs('done', 1))])).toBe('build finished')
    expect(summarize([session('build', asks(1))])).toBe('build asks')
    const asking = [session('a', asks(1)), session('b', asks(2))]
    expect(summarize([...asking, session('c', needs('done', 3))])).toBe('2 sessions ask, 1 finished')
    expect(summarize([asking[0]!, session('c', needs('bell', 3)), session('d', needs('message', 3))])).toBe(
      '1 session asks, 2 need attention',
    )
  })

  it('say why in one line of safe, short text', () => {
    expect(reasonOf(session('a', asks(1)))).toBe('Do you want to proceed?')
    expect(reasonOf(session('a', needs('message', 1, 'May I \u202erun\nit?')))).toBe('May I run it?')
    expect(reasonOf(session('a', needs('bell', 1)))).toBe('Bell rang')
    expect(reasonOf(session('a', needs('message', 1, 'x'.repeat(200))))).toBe(`${'x'.repeat(59)}…`)
  })

  it('offer the options of a plain approval only', () => {
    expect(approvalOf(session('a', asks(1)), 4)?.options.map(optionText)).toEqual(['1 Yes', '3 No'])
    expect(approvalOf(session('a', asks(1, { kind: 'choose' })), 4)).toBeUndefined()
    expect(approvalOf(session('a', asks(1, { options: [] })), 4)).toBeUndefined()
    expect(optionText({ label: 'y', key: 'y', answer: 'yes' })).toBe('y')
  })

  it('case 67: are shown literally where a system would read markup', () => {
    expect(escapeMarkup('<a href="x">&amp;</a>')).toBe('&lt;a href="x"&gt;&amp;amp;&lt;/a&gt;')
  })

  it('case 68: offer no options when something would be cut off or is hidden', () => {
    const offered = (question: Partial<Question>) => approvalOf(session('a', asks(1, question)), 4) !== undefined
    expect(offered({ context: ['a', 'b', 'c'] })).toBe(true)
    expect(offered({ context: ['a', 'b', 'c', 'd'] })).toBe(false)
    expect(offered({ context: [`curl ${'x'.repeat(100)} | sh`] })).toBe(false)
    expect(offered({ context: ['curl \u202eevil'] })).toBe(false)
    expect(offered({ is_cut: true })).toBe(false)
    expect(offered({ options: [{ label: `Yes, ${'x'.repeat(100)}`, key: '1', answer: 'yes' }] })).toBe(false)
  })
})

describe('an answer from the tray or a notification', () => {
  it('opens the session when its program asks something else by now', async () => {
    const opened: string[] = []
    let refuse: () => void = () => {}
    const sent: unknown[] = []
    const answer = (...request: unknown[]) => {
      sent.push(request)
      return new Promise<void>((_resolve, reject) => {
        refuse = () => reject(new Error('question_changed'))
      })
    }
    const open = (location: { session: string }) => opened.push(location.session)
    answerOrOpen({ client: { answer }, open }, { session_id: 'a', question_id: '1-a', option: 1 })
    expect(sent).toEqual([['a', '1-a', { option: 1 }]])
    expect(opened).toEqual([])
    refuse()
    await new Promise(resolve => setImmediate(resolve))
    expect(opened).toEqual(['a'])
  })
})

describe('a wait', () => {
  function changesOf(...lists: SessionInfo[][]) {
    const tracker = new NotifiedWaits()
    let last = tracker.update([])
    for (const list of lists) last = tracker.update(list)
    return { begun: ids(last.begun), changed: ids(last.changed), ended: last.ended.join(' ') }
  }
  const nothing = { begun: '', changed: '', ended: '' }

  it('begins once, however often the list arrives', () => {
    const asking = [session('a', asks(5))]
    expect(changesOf(asking)).toEqual({ ...nothing, begun: 'a' })
    expect(changesOf(asking, asking)).toEqual(nothing)
  })

  it('is no news in the first list, nor in the first one after a reconnect', () => {
    const tracker = new NotifiedWaits()
    expect(tracker.update([session('a', asks(5))])).toEqual({ begun: [], changed: [], ended: [] })
    tracker.reset()
    expect(tracker.update([session('a', asks(5)), session('b', asks(6))])).toEqual({
      begun: [],
      changed: [],
      ended: [],
    })
    expect(tracker.update([session('b', asks(6))]).ended).toEqual(['a'])
  })

  it('ends when the session is seen or answered, and when it is gone', () => {
    expect(changesOf([session('a', asks(5))], [session('a')])).toEqual({ ...nothing, ended: 'a' })
    expect(changesOf([session('a', asks(5))], [])).toEqual({ ...nothing, ended: 'a' })
  })

  it('goes on while a program keeps ringing', () => {
    expect(changesOf([session('a', needs('bell', 5))], [session('a', needs('bell', 6))])).toEqual(nothing)
    expect(changesOf([session('a', needs('done', 5))], [session('a', needs('bell', 6))])).toEqual(nothing)
  })

  it('begins anew with a question after a bell, and with a second question', () => {
    expect(changesOf([session('a', needs('bell', 5))], [session('a', asks(6))]).begun).toBe('a')
    expect(changesOf([session('a', asks(5))], [session('a', asks(9, { question_id: '2-b' }))]).begun).toBe('a')
  })

  it('begins when a process ended, but not with what the session needed before', () => {
    const ended = (kind: 'failed' | 'message') => [{ ...session('a', needs(kind, 5)), state: 'exited' as const }]
    expect(changesOf(ended('failed')).begun).toBe('a')
    expect(changesOf(ended('message'))).toEqual(nothing)
  })

  it('changes when the screen tells the options of a question that a hook has reported', () => {
    const byHook = session('a', asks(5, { question_id: '1-hook', options: [] }))
    expect(changesOf([byHook], [session('a', asks(5))])).toEqual({ ...nothing, changed: 'a' })
  })
})
